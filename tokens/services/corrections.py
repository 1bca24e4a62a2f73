"""What staff correct in wallets: adjust them, and reverse entries. Nothing is edited: each is an entry of its own."""

import uuid
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Abs

from foundation.errors import IdempotencyKeyReused
from foundation.ids import new_id
from identity.kinds import Actor, Right
from identity.services import audit, four_eyes
from tokens import limits
from tokens.errors import AdjustmentOutOfBounds, EntryNotFound, EntryNotReversible
from tokens.kinds import AccountKind, EntryType, PostedEntry
from tokens.models import Correction, Posting
from tokens.services import ledger
from tokens.services.calls import call, log_posted
from tokens.services.wallets import tidy

# What else to do about an entry that a person does not reverse.
INSTEAD: Final = {
    EntryType.PURCHASE: "Tokens of a purchase go back with its money: refund the purchase.",
    EntryType.REFUND: "A refund's tokens follow its money: what Stripe says of the refund moves them.",
    EntryType.DISPUTE: "A dispute's tokens follow its money: they return when it is won.",
    EntryType.DISPUTE_WON: "A dispute's tokens follow its money, as Stripe tells it.",
    EntryType.EXPIRY: "Tokens put back into an expired lot would expire at once: adjust the wallet.",
    EntryType.DEBT_REPAYMENT: "The debt would be repaid again at once: adjust the wallet.",
    EntryType.REVERSAL: "What was reversed stays so: adjust the wallet.",
}
_PURCHASES_OWN = "It belongs to a purchase: refund the purchase."


def adjust(
    *,
    account_id: uuid.UUID,
    tokens: int,
    key: str,
    reason: str,
    actor: Actor,
    now: datetime,
    checker: Actor | None = None,
) -> PostedEntry:
    """Give a wallet tokens, or take free ones (negative), once per key. Joins the caller's transaction.

    What is given is a lot of its own that does not expire; what is taken comes out of lots in burn order, and may leave
    no debt. Within a day one person moves no more in a wallet than `CORRECTION_ALONE_TOKENS_MAX` without a `checker`.

    :param checker: who else has agreed
    :raises ReasonMissing: `reason_missing`.
    :raises AdjustmentOutOfBounds: `adjustment_out_of_bounds`.
    :raises ActionNotAllowed: `action_not_allowed`; MakerIsChecker: `maker_is_checker`.
    :raises ApprovalNeeded: `approval_needed`: it is for two people to do.
    :raises InsufficientTokens: `insufficient_tokens`, with members `available` and `required`.
    :raises WalletNotFound: `wallet_not_found`.
    :raises IdempotencyKeyReused: `idempotency_key_reused`: the key stands for another correction.
    """
    four_eyes.require_right(
        maker=actor, checker=checker, alone=Right.ADJUST, proposing=Right.PROPOSE_ADJUSTMENT
    )
    audit.require_reason(reason=reason, actor=actor)
    check_adjustment(tokens)
    with transaction.atomic():
        _wait_for_others_with(key)
        tidy(account_id=account_id, now=now)  # and nobody else corrects it meanwhile
        if done := _done_before(key, account_id=account_id, tokens=tokens, reverses_id=None):
            return done
        posted = ledger.post(
            entry_type=EntryType.ADJUSTMENT,
            reference=f"adjustment:{key}",
            account_id=account_id,
            counter_lines={AccountKind.PROMOTIONS: -tokens},
            now=now,
        )
        facts = _facts(_keep(posted, account_id, tokens, key, actor, checker, now))
        subject = {"subject_kind": "wallet", "subject_id": str(account_id)}
        audit.record(actor=actor, action="wallet.adjust", **subject, reason=reason, facts=facts, now=now)
    return posted


def check_adjustment(tokens: int) -> None:
    """Refuse an adjustment of nothing, or of more than anybody moves at once.

    :raises AdjustmentOutOfBounds: `adjustment_out_of_bounds`.
    """
    if not 0 < abs(tokens) <= limits.CALL_TOKENS_MAX:
        raise AdjustmentOutOfBounds


def reverse_entry(
    *,
    entry_id: uuid.UUID,
    key: str,
    reason: str,
    actor: Actor,
    now: datetime,
    checker: Actor | None = None,
) -> PostedEntry:
    """Undo an entry by another one, once. The same key answers again. Joins the caller's transaction.

    A credit is taken out of its own lots first, then out of the wallet's others; what is missing becomes debt, or is
    forgiven where `FORGIVE_DEBT` is set. A debit's tokens return into the lots that they came from.

    :param checker: who else has agreed
    :raises EntryNotFound: `entry_not_found`.
    :raises EntryNotReversible: `entry_not_reversible`: the words say what to do instead.
    :raises EntryReversed: `entry_reversed`.
    :raises ReasonMissing: `reason_missing`.
    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ApprovalNeeded: `approval_needed`: it is for two people to do.
    :raises MakerIsChecker: `maker_is_checker`.
    :raises IdempotencyKeyReused: `idempotency_key_reused`: the key stands for another correction.
    """
    four_eyes.require_right(
        maker=actor, checker=checker, alone=Right.REVERSE_ENTRY, proposing=Right.PROPOSE_ADJUSTMENT
    )
    audit.require_reason(reason=reason, actor=actor)
    line = line_to_reverse(entry_id)
    with transaction.atomic():
        _wait_for_others_with(key)
        tidy(account_id=line.account_id, now=now)
        if done := _done_before(key, account_id=line.account_id, tokens=-line.amount, reverses_id=entry_id):
            return done
        posted = undo(entry_id=entry_id, now=now)
        correction = _keep(
            posted, line.account_id, -line.amount, key, actor, checker, now, reverses_id=entry_id
        )
        facts, subject = _facts(correction), {"subject_kind": "entry", "subject_id": str(entry_id)}
        audit.record(actor=actor, action="entry.reverse", **subject, reason=reason, facts=facts, now=now)
    return posted


def line_to_reverse(entry_id: uuid.UUID) -> Posting:
    """The wallet's line of an entry that a person may reverse.

    :raises EntryNotFound: `entry_not_found`.
    :raises EntryNotReversible: `entry_not_reversible`.
    """
    line = Posting.objects.select_related("entry", "account").filter(entry_id=entry_id, line=1).first()
    if line is None:
        raise EntryNotFound
    instead = INSTEAD.get(EntryType(line.entry.type)) or (_PURCHASES_OWN if line.entry.purchase_id else "")
    if instead:
        raise EntryNotReversible(instead, type=line.entry.type)
    return line


def undo(*, entry_id: uuid.UUID, now: datetime) -> PostedEntry:
    """Post the entry that undoes another: only the movement, for whoever wants to see where it would lead.

    :raises EntryReversed: `entry_reversed`.
    """
    reversal_id, balance, seq, _ = call(
        "SELECT entry_id, balance, seq, amount FROM entry_reverse(%s, %s, %s, %s)",
        (new_id(), entry_id, settings.FORGIVE_DEBT, now),
    )
    log_posted(entry_id=reversal_id, entry_type=EntryType.REVERSAL.value, reference=f"reversal:{entry_id}")
    return PostedEntry(reversal_id, balance, seq, replayed=False)


def _wait_for_others_with(key: str) -> None:
    """Let one correction under a key come after the other, whichever wallets they are about, and find what it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"correction:{key}"])


def _done_before(
    key: str, *, account_id: uuid.UUID, tokens: int, reverses_id: uuid.UUID | None
) -> PostedEntry | None:
    found = Correction.objects.filter(key=key).first()
    if found is None:
        return None
    if (found.account_id, found.tokens, found.reverses_id) != (account_id, tokens, reverses_id):
        raise IdempotencyKeyReused
    line = Posting.objects.get(entry_id=found.entry_id, line=1)
    assert line.seq is not None, "a wallet's posting has a seq"
    assert line.balance_after is not None, "and the balance that it led to"
    return PostedEntry(found.entry_id, line.balance_after, line.seq, replayed=True)


def _keep(
    posted: PostedEntry,
    account_id: uuid.UUID,
    tokens: int,
    key: str,
    actor: Actor,
    checker: Actor | None,
    now: datetime,
    reverses_id: uuid.UUID | None = None,
) -> Correction:
    """Keep who corrected what; refuse where one person has moved too much alone.

    The posting holds the wallet's lock, so that what others have corrected in it meanwhile is counted.
    """
    correction = Correction.objects.create(
        entry_id=posted.entry_id,
        account_id=account_id,
        tokens=tokens,
        reverses_id=reverses_id,
        key=key,
        made_by=actor.id,
        checked_by=checker.id if checker else "",
        made_at=now,
    )
    four_eyes.require_small(
        checker=checker,
        amount=moved_alone(account_id, now=now),
        alone_max=limits.CORRECTION_ALONE_TOKENS_MAX,
        unit="tokens in this wallet within a day",
    )
    return correction


def moved_alone(account_id: uuid.UUID, *, now: datetime) -> int:
    """How many tokens were corrected in a wallet within the window without a second person, either way."""
    alone = Correction.objects.filter(
        account_id=account_id, checked_by="", made_at__gt=now - limits.CORRECTION_ALONE_WINDOW
    )
    moved: int = alone.aggregate(moved=Sum(Abs("tokens"), default=0))["moved"]
    return moved


def _facts(correction: Correction) -> dict[str, object]:
    return {
        "entry_id": correction.entry_id,
        "account_id": correction.account_id,
        "tokens": correction.tokens,
        "checked_by": correction.checked_by,
    }
