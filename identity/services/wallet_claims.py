"""Tells Firebase which wallet an account reads that joined a uid after its wallet was opened."""

import logging
import uuid
from datetime import datetime, timedelta

from identity import limits
from identity.errors import IdentityUnavailable
from identity.gateways import firebase
from identity.models import User
from identity.queries.users import document_id

logger = logging.getLogger(__name__)


def set_due_wallet_claims(*, now: datetime) -> int:
    """Set the claim `wallet_id` for the accounts whose time has come; how many Firebase has now been told.

    No transaction is open while Firebase is asked: each account is claimed first by moving its next try into
    the future (twice as far at each failure), so that two workers never ask for the same one, and a crash
    delays but does not lose it.
    """
    due = User.objects.filter(wallet_claim_due_at__lte=now).order_by("wallet_claim_due_at")
    return sum(_set(user, now) for user in due[: limits.WALLET_CLAIM_BATCH_MAX])


def _set(user: User, now: datetime) -> bool:
    next_try = now + _delay(user.wallet_claim_failures)
    if not _move(
        user.id, due_at=user.wallet_claim_due_at, to=next_try, failures=user.wallet_claim_failures + 1
    ):
        return False
    try:
        firebase.set_wallet_claim(uid=user.firebase_uid or "", wallet_id=document_id(user))
    except IdentityUnavailable as error:
        logger.warning("wallet_claim.failed", extra={"user_id": str(user.id), "error": repr(error.__cause__)})
        return False
    return _move(user.id, due_at=next_try, to=None, failures=0)


def _move(user_id: uuid.UUID, *, due_at: datetime | None, to: datetime | None, failures: int) -> bool:
    """The change of state is the lock: whoever moves the due time has the work."""
    row = User.objects.filter(pk=user_id, wallet_claim_due_at=due_at)
    return bool(row.update(wallet_claim_due_at=to, wallet_claim_failures=min(failures, 32_000)))


def _delay(failures: int) -> timedelta:
    doublings: int = 2 ** min(failures, 20)
    return min(limits.WALLET_CLAIM_RETRY * doublings, limits.WALLET_CLAIM_RETRY_MAX)
