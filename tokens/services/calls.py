"""Calls the database functions that write the ledger, and gives their refusals as the bank's."""

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, connection, transaction

from foundation.errors import Refusal
from tokens import errors

logger = logging.getLogger(__name__)

# By the name of the constraint that a function or a table has refused with.
_REFUSALS: Mapping[str, type[Refusal]] = {
    "entry_reference_reused": errors.ReferenceReused,
    "wallet_not_found": errors.WalletNotFound,
    "wallet_insufficient": errors.InsufficientTokens,
    "wallet_frozen": errors.AccountFrozen,
    "hold_not_found": errors.HoldNotFound,
    "hold_is_captured": errors.HoldAlreadyCaptured,
    "hold_is_released": errors.HoldAlreadyReleased,
    "hold_is_expired": errors.HoldExpired,
    "capture_exceeds_hold": errors.CaptureExceedsHold,
    "purchase_not_credited": errors.PurchaseNotCredited,
    "entry_not_found": errors.EntryNotFound,
    "entry_not_reversible": errors.EntryNotReversible,
    "entry_is_reversed": errors.EntryReversed,
}
# What a refusal's DETAIL, a number of tokens, is called among its members.
_DETAILS: Mapping[str, str] = {"wallet_insufficient": "available", "capture_exceeds_hold": "held"}


def call(statement: str, arguments: Sequence[Any], *, required: int = 0) -> tuple[Any, ...]:
    """Run a statement that answers one row; give the row.

    :param required: how many tokens the call wants, for the refusal that says how many there are
    :raises Refusal: what a constraint stands for; any other IntegrityError is a bug of ours, and raised as it is
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, arguments)
            row: tuple[Any, ...] = cursor.fetchone()
    except IntegrityError as error:
        raise _refusal(error, required) from error
    return row


def log_posted(*, entry_id: uuid.UUID, entry_type: str, reference: str) -> None:
    """Say that an entry is posted, once it is: what is rolled back was none."""
    facts = {"entry_id": str(entry_id), "type": entry_type, "reference": reference}
    transaction.on_commit(lambda: logger.info("ledger.posted", extra=facts), robust=True)


def log_posted_together(*, entries: int, entry_type: str, first_reference: str) -> None:
    """Say that one call has posted so many entries, once they are: a line for each would drown all others."""
    facts = {"entries": entries, "type": entry_type, "first_reference": first_reference}
    transaction.on_commit(lambda: logger.info("ledger.posted", extra=facts), robust=True)


def _refusal(error: IntegrityError, required: int) -> Exception:
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    constraint = str(getattr(diagnosis, "constraint_name", ""))
    refusal: Callable[..., Refusal] | None = _REFUSALS.get(constraint)
    if refusal is None:
        return error
    if constraint in _DETAILS:
        return refusal(**{_DETAILS[constraint]: int(diagnosis.message_detail), "required": required})
    return refusal()
