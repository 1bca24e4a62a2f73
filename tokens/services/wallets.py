"""Opens wallets, and freezes and unfreezes them."""

import logging
import uuid
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from identity.kinds import Actor, Right
from identity.queries.users import document_id_of
from identity.services import audit, rights
from tokens.errors import FreezeLifted, FreezeNotFound, WalletNotFound
from tokens.kinds import FreezeCause, FreezeStep
from tokens.limits import FREEZE_REASON_LENGTH_MAX
from tokens.models import Freeze, FreezeReason
from tokens.queries.wallets import WalletState, wallet_of

logger = logging.getLogger(__name__)


def open_wallet(*, user_id: uuid.UUID, document_id: str, now: datetime) -> uuid.UUID:
    """Open the customer's wallet, or find it; answer its account's id. Safe to repeat and to race.

    `document_id` names the wallet's document in Firestore and never changes afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallet_open(%s, %s, %s, %s)", (new_id(), user_id, document_id, now))
        account_id: uuid.UUID = cursor.fetchone()[0]
    return account_id


def ensure_wallet(*, user_id: uuid.UUID, now: datetime) -> WalletState:
    """The customer's wallet, opened now if that never happened (people who were made at the command line)."""
    try:
        return wallet_of(user_id)
    except WalletNotFound:
        open_wallet(user_id=user_id, document_id=document_id_of(user_id), now=now)
        return wallet_of(user_id)


def tidy(*, account_id: uuid.UUID, now: datetime) -> None:
    """Bring a wallet to its present, and keep everybody else from writing it until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallet_tidy(%s, %s)", (account_id, now))


def freeze(
    *, account_id: uuid.UUID, cause: FreezeCause, reference: str, reason: str, actor: Actor, now: datetime
) -> uuid.UUID:
    """Freeze a wallet for a cause: nothing is bought or spent, credits pass. Answer the freeze's id.

    Once per cause and reference: a repeat changes nothing, also after the freeze was lifted, so that a late
    or repeated event cannot freeze for a second time what was settled. It joins the caller's transaction, if any.

    :param reference: what it hangs on, such as a dispute's id; staff freezing anew give one of its own
    :param reason: words for other staff, kept apart from the freeze; may be empty
    :raises ActionNotAllowed: `action_not_allowed`.
    :raises WalletNotFound: `wallet_not_found`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    """
    rights.require(Right.FREEZE_WALLET, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    arguments = (new_id(), account_id, cause.value, reference, actor.kind.value, actor.id, now)
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT freeze_id, applied FROM wallet_freeze(%s, %s, %s, %s, %s, %s, %s)", arguments
                )
                freeze_id, applied = cursor.fetchone()
        except IntegrityError as error:
            if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) == "wallet_not_found":
                raise WalletNotFound from error
            raise
        if applied:
            _note(freeze_id, FreezeStep.FREEZE, reason)
            _record("wallet.freeze", account_id, freeze_id, cause, reason, actor, now)
    if applied:
        _tell("wallet.frozen", account_id, cause, actor)
    return uuid.UUID(str(freeze_id))


def unfreeze(
    *, account_id: uuid.UUID, cause: FreezeCause, reference: str, reason: str, actor: Actor, now: datetime
) -> bool:
    """Lift the freeze of one cause and reference; answer whether one was open.

    The wallet can be used again when no other freeze is open. It joins the caller's transaction, if any.

    :param reason: words for other staff, kept apart from the freeze; may be empty
    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    """
    rights.require(Right.FREEZE_WALLET, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    arguments = (account_id, cause.value, reference, actor.kind.value, actor.id, now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT wallet_unfreeze(%s, %s, %s, %s, %s, %s)", arguments)
            (freeze_id,) = cursor.fetchone()
        if freeze_id is None:
            return False
        _note(freeze_id, FreezeStep.UNFREEZE, reason)
        _record("wallet.unfreeze", account_id, freeze_id, cause, reason, actor, now)
    _tell("wallet.unfrozen", account_id, cause, actor)
    return True


def lift_freeze(*, freeze_id: uuid.UUID, reason: str, actor: Actor, now: datetime) -> None:
    """Lift one freeze, whatever its cause.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises FreezeNotFound: `freeze_not_found`.
    :raises FreezeLifted: `freeze_lifted`: somebody has lifted it before.
    :raises ReasonMissing: `reason_missing`.
    """
    rights.require(Right.FREEZE_WALLET, actor=actor)
    found = Freeze.objects.filter(id=freeze_id).first()
    if found is None:
        raise FreezeNotFound
    lifted = unfreeze(
        account_id=found.account_id,
        cause=FreezeCause(found.cause),
        reference=found.reference,
        reason=reason,
        actor=actor,
        now=now,
    )
    if not lifted:
        raise FreezeLifted


def _note(freeze_id: uuid.UUID, step: FreezeStep, reason: str) -> None:
    if reason:
        FreezeReason.objects.create(freeze_id=freeze_id, step=step, reason=reason[:FREEZE_REASON_LENGTH_MAX])


def _record(
    action: str,
    account_id: uuid.UUID,
    freeze_id: uuid.UUID,
    cause: FreezeCause,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    facts = {"freeze_id": freeze_id, "cause": cause.value}
    audit.record(
        actor=actor,
        action=action,
        subject_kind="wallet",
        subject_id=account_id,
        reason=reason,
        facts=facts,
        now=now,
    )


def _tell(event: str, account_id: uuid.UUID, cause: FreezeCause, actor: Actor) -> None:
    facts = {"account_id": str(account_id), "cause": cause.value, "actor": actor.id}
    transaction.on_commit(lambda: logger.info(event, extra=facts), robust=True)
