"""Sets tokens aside for services, and captures or releases them (migrations/sql/holds.sql)."""

import uuid
from datetime import datetime

from django.db import transaction

from foundation.ids import new_id
from tokens.kinds import EntryType, ServiceCall
from tokens.models import Hold, Note
from tokens.queries.holds import hold_of
from tokens.queries.wallets import account_of
from tokens.services.calls import call as call_database
from tokens.services.calls import log_posted


def place(*, user_id: uuid.UUID, amount: int, expires_at: datetime, call: ServiceCall, now: datetime) -> Hold:
    """Set a customer's tokens aside until `expires_at`, once per call.

    :raises InsufficientTokens: `insufficient_tokens`, with members `available` and `required`.
    :raises AccountFrozen: `account_frozen`.
    :raises WalletNotFound: `wallet_not_found`.
    :raises ReferenceReused: `reference_reused`: the call's key was used for another hold.
    """
    with transaction.atomic():
        hold_id, replayed = call_database(
            "SELECT hold_id, replayed FROM hold_place(%s, %s, %s, %s, %s, %s, %s)",
            (
                new_id(),
                call.service,
                call.reference("hold"),
                account_of(user_id),
                amount,
                expires_at,
                now,
            ),
            required=amount,
        )
        if not replayed:
            Note.objects.create(hold_id=hold_id, reason=call.reason, label=call.label)
    return hold_of(service=call.service, hold_id=hold_id)


def capture(*, service: str, hold_id: uuid.UUID, key: str, now: datetime, amount: int | None = None) -> Hold:
    """Spend what is held, or `amount` of it; the rest is free again. Once: a repetition with the key changes nothing.

    :raises HoldNotFound: `hold_not_found`: the service has none like it.
    :raises HoldAlreadyCaptured: `hold_already_captured`.
    :raises HoldAlreadyReleased: `hold_already_released`.
    :raises HoldExpired: `hold_expired`.
    :raises CaptureExceedsHold: `capture_exceeds_hold`, with members `held` and `required`.
    """
    hold_of(service=service, hold_id=hold_id)  # another service's hold is none
    with transaction.atomic():
        (replayed,) = call_database(
            "SELECT hold_capture(%s, %s, %s, %s, %s)",
            (hold_id, amount, key, new_id(), now),
            required=amount or 0,
        )
        hold = hold_of(service=service, hold_id=hold_id)
        if not replayed:
            Note.objects.filter(hold_id=hold_id).update(entry_id=hold.entry_id)
            assert hold.entry_id, "a captured hold has its entry"
            log_posted(entry_id=hold.entry_id, entry_type=EntryType.SPEND.value, reference=f"hold:{hold_id}")
    return hold


def release(*, service: str, hold_id: uuid.UUID, key: str, now: datetime) -> Hold:
    """Give back what is held; what of it has expired meanwhile expires at once.

    :raises HoldNotFound: `hold_not_found`.
    :raises HoldAlreadyCaptured: `hold_already_captured`.
    :raises HoldAlreadyReleased: `hold_already_released`.
    :raises HoldExpired: `hold_expired`.
    """
    hold_of(service=service, hold_id=hold_id)  # another service's hold is none
    with transaction.atomic():
        call_database("SELECT hold_release(%s, %s, %s)", (hold_id, key, now))
    return hold_of(service=service, hold_id=hold_id)
