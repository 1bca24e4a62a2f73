"""Takes a purchase's tokens back, and gives them back again, by targets (migrations/sql/reversals.sql)."""

import uuid
from datetime import datetime

from django.conf import settings

from foundation.ids import new_id
from tokens.kinds import EntryType, Reversal
from tokens.services.calls import call, log_posted

CAUSES = frozenset((EntryType.REFUND, EntryType.DISPUTE, EntryType.DISPUTE_WON))


def reverse_to(
    *, purchase_id: uuid.UUID, target_tokens: int, cause: EntryType, reference: str, now: datetime
) -> Reversal:
    """Have exactly `target_tokens` of the purchase's tokens back at the house, taking or returning what it needs.

    Taken are the purchase's own lots first (bonus before bought); what of them had expired counts as back already; then
    the wallet's other lots; what is held is never taken. The remainder becomes debt, repaid by entries of their own
    out of the next credit or release, or is forgiven where `FORGIVE_DEBT` is set. Returned is the last taken first.
    A target that is reached already changes nothing, so that calls may repeat and come in any order. It joins the
    caller's transaction, and locks the wallet.

    :param cause: the entry's type: a refund (a failed one too, which returns tokens), a dispute, or a dispute won
    :param reference: the business object that moved the target, such as `refund:re_123`; one may move it repeatedly
    :raises PurchaseNotCredited: `purchase_not_credited`: there is nothing to reverse yet.
    """
    if cause not in CAUSES:
        raise ValueError(f"{cause} reverses no purchase.")
    entry_id = new_id()
    reversed_tokens, was_reversed = call(
        "SELECT reversed, was_reversed FROM reversal_reach(%s, %s, %s, %s, %s, %s, %s)",
        (entry_id, cause.value, reference, purchase_id, target_tokens, settings.FORGIVE_DEBT, now),
    )
    moved = reversed_tokens != was_reversed
    if moved:
        log_posted(entry_id=entry_id, entry_type=cause.value, reference=reference)
    return Reversal(entry_id if moved else None, reversed_tokens, was_reversed)
