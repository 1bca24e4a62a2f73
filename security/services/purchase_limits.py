"""Limits how many purchases a customer starts: by counters in Redis, with the rows of purchases behind them."""

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from identity.kinds import Actor, Right
from identity.services import audit, rights
from security.errors import LimiterUnavailable, LimitsInvalid, RateLimited
from security.gateways.window_counters import Hit, Period, Window, count_one, take_back
from security.kinds import AlertKind, Breach, Limit, LimitsInForce, PurchaseFacts, Severity
from security.limits import PURCHASE_COUNT_TRIES_MAX, PURCHASES_SETTABLE_MAX, REASON_LENGTH_MAX
from security.models import PurchaseLimits
from security.models.purchase_limits import THE_ONLY_ONE
from security.queries.purchase_limits import limits_of
from security.services.alerts import raise_alert
from security.services.limit_refusals import note_refusal

logger = logging.getLogger(__name__)

GROUP = "purchases"


@dataclass(slots=True)
class Slot:
    """A purchase's place in each window that counts it."""

    user_id: uuid.UUID
    in_force: LimitsInForce
    now: datetime
    hits: list[tuple[Limit, int | None, Hit]] = field(default_factory=list)

    def take(self, starts: Sequence[datetime]) -> None:
        """Count one in each window; what Redis has lost begins at what the rows say.

        :raises RateLimited: `rate_limited`: a window holds as many as are allowed.
        :raises LimiterUnavailable: `limiter_unavailable`.
        """
        for limit, allowed, period in (
            (Limit.HOURLY, self.in_force.hourly_max, Period.HOUR),
            (Limit.DAILY, self.in_force.daily_max, Period.DAY),
        ):
            hit = count_one(
                group=GROUP,
                whose=str(self.user_id),
                period=period,
                before=lambda window: _held(window, starts),
                tries=PURCHASE_COUNT_TRIES_MAX,
            )
            self.hits.append((limit, allowed, hit))
            self._refuse_beyond(limit, allowed, hit.number, hit.window)

    def confirm(self, starts: Sequence[datetime]) -> None:
        """Compare with the rows, which have the last word: Redis may have lost counts while they were taken.

        Call it where no other start of this customer's can come in between.

        :raises RateLimited: `rate_limited`.
        """
        for limit, allowed, hit in self.hits:
            self._refuse_beyond(limit, allowed, _held(hit.window, starts) + 1, hit.window)

    def give_back(self) -> None:
        """Count it no longer: Stripe was not called for it."""
        while self.hits:
            take_back(self.hits.pop()[2])

    def _refuse_beyond(self, limit: Limit, allowed: int | None, number: int, window: Window) -> None:
        if allowed is not None and number > allowed:
            raise RateLimited(Breach(limit, allowed, window.starts_at, window.ends_at), now=self.now)


@contextmanager
def purchase_slot(*, facts: PurchaseFacts, now: datetime) -> Iterator[Slot]:
    """Hold a slot while a purchase's row is made; it is given back if that is refused or fails, and stays taken else.

    Use it outside any transaction: it asks Redis, and what it notes of a refusal must stay.

    :raises RateLimited: `rate_limited`: the customer has started as many purchases as they may.
    :raises LimiterUnavailable: `limiter_unavailable`: nothing can be counted, and an alert says so.
    """
    slot = Slot(facts.user_id, limits_of(user_id=facts.user_id, now=now), now)
    try:
        slot.take(facts.started_at)
        yield slot
    except BaseException as error:
        slot.give_back()
        if isinstance(error, RateLimited):
            note_refusal(breach=error.breach, user_id=facts.user_id, address=facts.address, now=now)
        elif isinstance(error, LimiterUnavailable):
            _alert_unavailable(now)
        raise


def set_purchase_limits(
    *, hourly_max: int, daily_max: int, reason: str, actor: Actor, now: datetime
) -> PurchaseLimits:
    """Change the two numbers that hold for every customer, and keep what they were.

    What was counted before is compared with the new ones from now on.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises LimitsInvalid: `limits_invalid`
    """
    rights.require(Right.SET_LIMITS, actor=actor)
    check_purchase_limits(hourly_max=hourly_max, daily_max=daily_max)
    if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        raise LimitsInvalid("A change needs a reason.")
    with transaction.atomic():
        known = PurchaseLimits.objects.select_for_update().first()
        before = [known.hourly_max, known.daily_max] if known else None
        row = known or PurchaseLimits(id=THE_ONLY_ONE)
        row.hourly_max, row.daily_max, row.reason = hourly_max, daily_max, reason.strip()
        row.changed_at, row.changed_by_id = now, uuid.UUID(actor.id)
        row.save()
        audit.record(
            actor=actor,
            action="limits.set",
            subject_kind="purchaselimits",
            subject_id=row.pk,
            reason=row.reason,
            facts={"before": before, "after": [hourly_max, daily_max]},
            now=now,
        )
    logger.info("limits.changed", extra={"hourly_max": hourly_max, "daily_max": daily_max, "actor": actor.id})
    return row


def check_purchase_limits(*, hourly_max: int, daily_max: int) -> None:
    """Say whether the two numbers can be these.

    :raises LimitsInvalid: `limits_invalid`
    """
    if not 1 <= hourly_max <= daily_max <= PURCHASES_SETTABLE_MAX:
        raise LimitsInvalid


def _held(window: Window, starts: Sequence[datetime]) -> int:
    return sum(start >= window.starts_at for start in starts)


def _alert_unavailable(now: datetime) -> None:
    raise_alert(
        kind=AlertKind.LIMITER_UNAVAILABLE,
        severity=Severity.HIGH,
        dedup_key="purchases",
        summary="Purchases are refused: Redis does not answer, and nothing else counts them.",
        subject={"group": GROUP},
        now=now,
    )
