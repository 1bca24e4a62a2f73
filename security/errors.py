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


class AlertResolved(Refusal):
    """A resolved alert is history."""

    code = "alert_resolved"
    status = 409
    title = "The alert is resolved."


class AssigneeNotStaff(Refusal):
    """Only somebody who works here can be given an alert."""

    code = "assignee_not_staff"
    status = 400
    title = "An alert is assigned to a member of staff."


class AlertWithoutCustomer(Refusal):
    """The alert names no customer with a wallet that could be frozen."""

    code = "alert_without_customer"
    status = 409
    title = "The alert names no customer with a wallet."


class RateLimited(Refusal):
    """Too often within too short a time. `retry_after_seconds` says when it may be tried again."""

    code = "rate_limited"
    status = 429
    title = "That was too often in too short a time."
