"""Every way this app says no."""

from foundation.errors import Refusal


class AlertNotFound(Refusal):
    """There is no alert with this id."""

    code = "alert_not_found"
    status = 404
    title = "There is no such alert."


class AlertNotOpen(Refusal):
    """Only an open alert can be acknowledged."""

    code = "alert_not_open"
    status = 409
    title = "The alert is no longer open."


class AlertNotAcknowledged(Refusal):
    """Only an acknowledged alert can be resolved: somebody has to have looked first."""

    code = "alert_not_acknowledged"
    status = 409
    title = "The alert is not acknowledged."


class RateLimited(Refusal):
    """Too often within too short a time. `retry_after_seconds` says when it may be tried again."""

    code = "rate_limited"
    status = 429
    title = "That was too often in too short a time."
