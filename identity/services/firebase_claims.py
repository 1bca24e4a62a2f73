"""Tells Firebase what its tokens say of people: whose wallet they read, and whether they see alerts as staff."""

import logging
import uuid
from datetime import datetime, timedelta

from identity import limits
from identity.errors import IdentityUnavailable
from identity.gateways import firebase
from identity.models import User
from identity.queries.rights import sees_alerts, told_otherwise
from identity.queries.users import document_id

logger = logging.getLogger(__name__)


def set_due_claims(*, now: datetime) -> int:
    """Set the claims of the accounts whose time has come; how many Firebase has now been told.

    No transaction is open while Firebase is asked: each account is claimed first by moving its next try into
    the future (twice as far at each failure), so that two workers never ask for the same one, and a crash
    delays but does not lose it. Whose role has changed since Firebase was told is due.
    """
    User.objects.filter(pk__in=told_otherwise(), claims_due_at=None).update(claims_due_at=now)
    due = User.objects.filter(claims_due_at__lte=now).order_by("claims_due_at")
    return sum(_set(user, now) for user in due[: limits.CLAIMS_BATCH_MAX])


def _set(user: User, now: datetime) -> bool:
    next_try = now + _delay(user.claims_failures)
    if not _move(user.id, due_at=user.claims_due_at, to=next_try, failures=user.claims_failures + 1):
        return False
    is_staff = sees_alerts(user.id)
    claims: dict[str, object] = {firebase.STAFF_CLAIM: is_staff or None}
    if user.firebase_joined_at:
        claims[firebase.WALLET_CLAIM] = document_id(user)
    try:
        firebase.set_claims(uid=user.firebase_uid or "", claims=claims)
    except IdentityUnavailable as error:
        logger.warning("claims.failed", extra={"user_id": str(user.id), "error": repr(error.__cause__)})
        return False
    User.objects.filter(pk=user.id).update(firebase_knows_as_staff=is_staff)
    return _move(user.id, due_at=next_try, to=None, failures=0)


def _move(user_id: uuid.UUID, *, due_at: datetime | None, to: datetime | None, failures: int) -> bool:
    """The change of state is the lock: whoever moves the due time has the work."""
    row = User.objects.filter(pk=user_id, claims_due_at=due_at)
    return bool(row.update(claims_due_at=to, claims_failures=min(failures, 32_000)))


def _delay(failures: int) -> timedelta:
    doublings: int = 2 ** min(failures, 20)
    return min(limits.CLAIMS_RETRY * doublings, limits.CLAIMS_RETRY_MAX)
