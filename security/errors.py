"""Every way this app says no."""

import math
from datetime import datetime
from typing import Final

from foundation.errors import Refusal
from security.kinds import Breach, Limit


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
    status = 409
    title = "An alert is assigned to a member of staff."


class AlertWithoutCustomer(Refusal):
    """The alert names no customer, or one without a wallet that could be frozen."""

    code = "alert_without_customer"
    status = 409
    title = "The alert names no customer for whom this could be done."


class CustomerFrozenAlready(Refusal):
    """The freeze that followed from this alert is still open."""

    code = "customer_frozen_already"
    status = 409
    title = "The customer is frozen because of this alert already."


class RateLimited(Refusal):
    """Too often within too short a time. `retry_after_seconds` says when it may be tried again."""

    code = "rate_limited"
    status = 429
    title = "That was too often in too short a time."

    def __init__(self, breach: Breach, *, now: datetime) -> None:
        self.breach = breach
        wait = math.ceil((breach.ends_at - now).total_seconds())
        super().__init__(WORDS[breach.limit].format(breach.allowed), retry_after_seconds=max(wait, 1))


WORDS: Final = {
    Limit.HOURLY: "You may start up to {} purchases an hour.",
    Limit.DAILY: "You may start up to {} purchases a day.",
    Limit.DECLINES: "Several payments were declined, and there is a pause until more can be tried.",
    Limit.DECLINES_OF_ADDRESS: "Several payments were declined, and there is a pause until more can be tried.",
    Limit.API_CALLS: "You may make up to {} calls a minute.",
}


class TooManyBadSignatures(Refusal):
    """One address has sent so many calls with a bad signature that no more of them are looked into."""

    code = "rate_limited"
    status = 429
    title = "Too many calls with a bad signature came from this address."


class PurchasesBlocked(Refusal):
    """Staff have decided that this customer starts no purchases for now."""

    code = "purchases_blocked"
    status = 403
    title = "Purchases are blocked for this account. Please write to support."


class LimiterUnavailable(Refusal):
    """What counts attempts does not answer: what must be counted exactly is refused."""

    code = "limiter_unavailable"
    status = 503
    title = "Attempts cannot be counted at the moment."


class OverrideNotFound(Refusal):
    """There is no override with this id."""

    code = "override_not_found"
    status = 404
    title = "There is no such override."


class OverrideNotInForce(Refusal):
    """It was revoked, replaced, or has expired."""

    code = "override_not_in_force"
    status = 409
    title = "The override is no longer in force."


class OverrideInvalid(Refusal):
    """What was asked for is no override: the detail says why."""

    code = "override_invalid"
    status = 400
    title = "This is no override."


class OverrideGrantedMeanwhile(Refusal):
    """Somebody else granted this customer an override at the same moment."""

    code = "override_granted_meanwhile"
    status = 409
    title = "Somebody has granted this customer an override just now. Look at it, then try again."


class LimitsInvalid(Refusal):
    """The two numbers cannot be these."""

    code = "limits_invalid"
    status = 400
    title = "The numbers must be from 1 to 500, and a day may not hold less than an hour."


class RefusalNotFound(Refusal):
    """There is no refusal with this id."""

    code = "refusal_not_found"
    status = 404
    title = "There is no such refusal."
