"""Grants and ends what holds for one customer instead of the limits on purchases."""

import logging
import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from identity.kinds import SYSTEM_ACTOR, Actor, Right
from identity.queries.users import find_user
from identity.services import audit, rights
from security.errors import (
    AlertNotFound,
    AlertWithoutCustomer,
    OverrideGrantedMeanwhile,
    OverrideInvalid,
    OverrideNotFound,
    OverrideNotInForce,
)
from security.kinds import OverrideKind, OverrideStatus
from security.limits import (
    OVERRIDE_LENGTH_MAX,
    OVERRIDES_EXPIRED_AT_ONCE_MAX,
    PURCHASES_SETTABLE_MAX,
)
from security.models import Override
from security.queries.alerts import alert_of
from security.services.alerts import link_override

logger = logging.getLogger(__name__)


def grant_override(
    *,
    user_id: uuid.UUID,
    kind: OverrideKind,
    reason: str,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    hourly_max: int | None = None,
    daily_max: int | None = None,
) -> Override:
    """Have something else hold for this customer from now on; it replaces the override that did so far.

    What the customer has started already stays counted.

    :param hourly_max: with `daily_max` for other numbers only, of which at least one is given
    :raises ActionNotAllowed: `action_not_allowed`
    :raises OverrideInvalid: `override_invalid`
    :raises OverrideGrantedMeanwhile: `override_granted_meanwhile`, by somebody else at the same moment
    """
    rights.require(Right.GRANT_OVERRIDE, actor=actor)
    numbers = (hourly_max, daily_max)
    check_override(kind=kind, reason=reason, ends_at=ends_at, numbers=numbers, now=now)
    override = Override(
        user_id=user_id,
        kind=kind,
        hourly_max=hourly_max,
        daily_max=daily_max,
        reason=reason.strip(),
        granted_at=now,
        granted_by=actor.id,
        ends_at=ends_at,
    )
    try:
        with transaction.atomic():
            granted = Override.objects.filter(user_id=user_id, status=OverrideStatus.GRANTED)
            granted.filter(ends_at__lte=now).update(status=OverrideStatus.EXPIRED, closed_at=now)
            granted.update(status=OverrideStatus.REPLACED, closed_at=now, closed_by=actor.id)
            override.save(force_insert=True)
            _record("override.grant", override, override.reason, actor, now)
    except IntegrityError as error:
        if "override_granted_once" not in str(error):
            raise
        raise OverrideGrantedMeanwhile from error
    facts = {"override_id": str(override.id), "user_id": str(user_id), "kind": kind, "actor": actor.id}
    logger.info("override.granted", extra=facts)
    return override


def override_for_alert(
    *,
    alert_id: uuid.UUID,
    kind: OverrideKind,
    reason: str,
    ends_at: datetime,
    actor: Actor,
    now: datetime,
    hourly_max: int | None = None,
    daily_max: int | None = None,
) -> Override:
    """Grant the customer whom the alert names an override, and link the two.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises AlertNotFound: `alert_not_found`
    :raises AlertWithoutCustomer: `alert_without_customer`
    :raises OverrideInvalid: `override_invalid`
    :raises OverrideGrantedMeanwhile: `override_granted_meanwhile`
    """
    rights.require(Right.GRANT_OVERRIDE, actor=actor)
    alert = alert_of(alert_id)
    if alert is None:
        raise AlertNotFound
    if alert.user_id is None or find_user(str(alert.user_id)) is None:
        raise AlertWithoutCustomer
    with transaction.atomic():
        override = grant_override(
            user_id=alert.user_id,
            kind=kind,
            hourly_max=hourly_max,
            daily_max=daily_max,
            reason=reason,
            ends_at=ends_at,
            actor=actor,
            now=now,
        )
        link_override(alert_id=alert_id, override_id=override.id, now=now)
    return override


def revoke_override(*, override_id: uuid.UUID, reason: str = "", actor: Actor, now: datetime) -> None:
    """End an override before its time: from now on everybody's limits hold again, for what was counted all along.

    :raises ActionNotAllowed: `action_not_allowed`
    :raises ReasonMissing: `reason_missing`: staff say why
    :raises OverrideNotFound: `override_not_found`
    :raises OverrideNotInForce: `override_not_in_force`
    """
    rights.require(Right.GRANT_OVERRIDE, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    with transaction.atomic():
        override = Override.objects.select_for_update().filter(id=override_id).first()
        if override is None:
            raise OverrideNotFound
        if override.status != OverrideStatus.GRANTED or override.ends_at <= now:
            raise OverrideNotInForce
        override.status, override.closed_at, override.closed_by = OverrideStatus.REVOKED, now, actor.id
        override.save(update_fields=["status", "closed_at", "closed_by"])
        _record("override.revoke", override, reason, actor, now)
    logger.info("override.revoked", extra={"override_id": str(override_id), "actor": actor.id})


def expire_overrides(*, now: datetime) -> int:
    """Note which overrides are past their end, one batch; tell how many. They were out of force already."""
    past = Override.objects.filter(status=OverrideStatus.GRANTED, ends_at__lte=now).order_by("ends_at")
    ids = list(past.values_list("id", flat=True)[:OVERRIDES_EXPIRED_AT_ONCE_MAX])
    expired = Override.objects.filter(id__in=ids, status=OverrideStatus.GRANTED).update(
        status=OverrideStatus.EXPIRED, closed_at=now
    )
    if expired:
        logger.info("override.expired", extra={"count": expired, "actor": SYSTEM_ACTOR.kind})
    return expired


def check_override(
    *,
    kind: OverrideKind,
    reason: str,
    ends_at: datetime,
    numbers: tuple[int | None, int | None],
    now: datetime,
) -> None:
    """Say whether this can be granted.

    :raises OverrideInvalid: `override_invalid`
    """
    given = [number for number in numbers if number is not None]
    if bool(given) != (kind == OverrideKind.NUMBERS):
        raise OverrideInvalid("Numbers go with the kind “other numbers”, which needs at least one.")
    if any(not 0 <= number <= PURCHASES_SETTABLE_MAX for number in given):
        raise OverrideInvalid(f"Numbers are from 0 to {PURCHASES_SETTABLE_MAX}; beyond that it is unlimited.")
    if not reason.strip():
        raise OverrideInvalid("An override needs a reason.")
    if not now < ends_at <= now + OVERRIDE_LENGTH_MAX:
        raise OverrideInvalid(f"An override ends within {OVERRIDE_LENGTH_MAX.days} days.")


def _record(action: str, override: Override, reason: str, actor: Actor, now: datetime) -> None:
    facts = {"user_id": override.user_id, "kind": override.kind, "ends_at": override.ends_at.isoformat()}
    facts |= {"hourly_max": override.hourly_max, "daily_max": override.daily_max}
    audit.record(
        actor=actor,
        action=action,
        subject_kind="override",
        subject_id=override.id,
        reason=reason,
        facts=facts,
        now=now,
    )
