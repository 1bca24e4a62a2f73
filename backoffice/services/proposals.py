"""Four eyes: what is too large for one person, or not theirs to do alone, waits for another."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from backoffice.errors import (
    ProposalDecided,
    ProposalExpired,
    ProposalNotFound,
    WalletChanged,
)
from backoffice.kinds import ProposalStatus
from backoffice.limits import PROPOSAL_LIFETIME, PROPOSALS_EXPIRED_MAX
from backoffice.models import Proposal
from backoffice.services.orders.grants import GrantsOrder, keep_rows
from backoffice.services.orders.kept import order_of
from backoffice.services.orders.order import Order
from backoffice.services.rehearsal import rehearsal
from foundation.errors import IdempotencyKeyReused
from foundation.ids import new_id
from identity.errors import ActionNotAllowed, ApprovalNeeded, ReasonMissing
from identity.kinds import SYSTEM_ACTOR, Actor, ActorKind
from identity.services import audit, four_eyes
from tokens.queries.wallets import wallets_by_account
from tokens.services.wallets import tidy


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of an order: done at once, or waiting as a proposal."""

    proposal: Proposal | None


def submit(*, order: Order, key: uuid.UUID, reason: str, maker: Actor, now: datetime) -> Submitted:
    """Do it at once where this person may do it alone, and propose it to another where they may not.

    :param key: made when the form was shown: the same again is done, or proposed, once
    :raises ActionNotAllowed: `action_not_allowed`: they may not even propose it.
    :raises Refusal: whatever the action itself would be refused with.
    """
    _ask_why(reason)
    if found := _proposed_before(order, key, maker):
        return Submitted(found)
    try:
        with transaction.atomic():
            order.terms(proposal_id=key)
            order.lock()
            order.carry_out(key=key, reason=reason, maker=maker, checker=None, now=now)
    except (ApprovalNeeded, ActionNotAllowed):
        return Submitted(propose(order=order, key=key, reason=reason, maker=maker, now=now))
    order.complete(key=key, now=now)
    return Submitted(None)


def needs_another(*, order: Order, maker: Actor, now: datetime) -> bool:
    """Whether this person can only propose it. Found out by doing it, of which nothing stays.

    :raises ActionNotAllowed: `action_not_allowed`: they may not even propose it.
    :raises Refusal: whatever the action itself would be refused with.
    """
    four_eyes.require_proposer(maker=maker, alone=order.alone, proposing=order.proposing)
    try:
        with rehearsal():
            order.lock()
            order.carry_out(key=new_id(), reason="?", maker=maker, checker=None, now=now)
    except (ApprovalNeeded, ActionNotAllowed):
        return True
    return False


def propose(*, order: Order, key: uuid.UUID, reason: str, maker: Actor, now: datetime) -> Proposal:
    """Keep an order for another person to decide. The same key gives the same proposal again.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`.
    :raises IdempotencyKeyReused: `idempotency_key_reused`: the key stands for another proposal.
    """
    _ask_why(reason)
    four_eyes.require_proposer(maker=maker, alone=order.alone, proposing=order.proposing)
    with transaction.atomic():
        _wait_for_twins(key)
        if found := _proposed_before(order, key, maker):
            return found
        order.foresee(now=now)  # what would be refused is not worth another's time
        terms = order.terms(proposal_id=key)
        proposal = Proposal.objects.create(
            id=key,
            kind=order.kind,
            subject_id=terms.subject_id,
            account_id=terms.account_id,
            wallet_seq=_seq(terms.account_id) if terms.account_id else None,
            request=terms.request,
            amount=terms.amount,
            currency=terms.currency,
            reason=reason,
            maker_id=uuid.UUID(maker.id),
            proposed_at=now,
            expires_at=now + PROPOSAL_LIFETIME,
        )
        if isinstance(order, GrantsOrder):
            keep_rows(proposal, order)
        _record(proposal, "proposal.propose", maker, reason, now)
    return proposal


def approve(
    *, proposal_id: uuid.UUID, seen_seq: int | None, answer: str, checker: Actor, now: datetime
) -> Proposal:
    """Agree to what another has proposed, and have it done: exactly once, however many agree at once.

    :param seen_seq: how many entries the wallet had when the checker looked; None where there are many wallets
    :raises ProposalNotFound: `proposal_not_found`.
    :raises ProposalDecided: `proposal_decided`.
    :raises ProposalExpired: `proposal_expired`.
    :raises WalletChanged: `wallet_changed`: the checker has to look again.
    :raises MakerIsChecker: `maker_is_checker`, superusers too.
    :raises ActionNotAllowed: `action_not_allowed`: the checker may not approve, or the maker not propose any more.
    :raises Refusal: whatever the action itself is refused with; the proposal waits on.
    """
    with transaction.atomic():
        proposal = _lock_to_decide(proposal_id, checker, now)
        order = order_of(proposal)
        order.lock()
        if proposal.account_id:
            _require_seen(proposal.account_id, seen_seq, now)
        maker = Actor(ActorKind.STAFF, str(proposal.maker_id))
        order.carry_out(key=proposal.id, reason=proposal.reason, maker=maker, checker=checker, now=now)
        _decide(proposal, ProposalStatus.APPROVED, answer, checker, now)
        _record(proposal, "proposal.approve", checker, answer, now)
    _complete(proposal, order, now)
    return proposal


def reject(*, proposal_id: uuid.UUID, answer: str, checker: Actor, now: datetime) -> Proposal:
    """Decline what another has proposed, with a reason. Nothing of it is done.

    :raises ReasonMissing: `reason_missing`; else as `approve`.
    """
    _ask_why(answer)
    with transaction.atomic():
        proposal = _lock_to_decide(proposal_id, checker, now)
        _decide(proposal, ProposalStatus.REJECTED, answer, checker, now)
        _record(proposal, "proposal.reject", checker, answer, now)
    return proposal


def expire_due(*, now: datetime) -> int:
    """End the proposals that nobody has decided in time; answer how many."""
    with transaction.atomic():
        waiting = Proposal.objects.select_for_update(skip_locked=True, of=("self",))
        due = list(
            waiting.filter(status=ProposalStatus.PROPOSED, expires_at__lte=now).order_by("expires_at")[
                :PROPOSALS_EXPIRED_MAX
            ]
        )
        for proposal in due:
            Proposal.objects.filter(id=proposal.id).update(status=ProposalStatus.EXPIRED, decided_at=now)
            _record(proposal, "proposal.expire", SYSTEM_ACTOR, "", now)
    return len(due)


def _lock_to_decide(proposal_id: uuid.UUID, checker: Actor, now: datetime) -> Proposal:
    proposal = Proposal.objects.select_for_update(of=("self",)).filter(id=proposal_id).first()
    if proposal is None:
        raise ProposalNotFound
    four_eyes.require_another(maker_id=str(proposal.maker_id), checker=checker)
    if proposal.status != ProposalStatus.PROPOSED:
        raise ProposalDecided(proposal_status=proposal.status)
    if now >= proposal.expires_at:
        raise ProposalExpired
    return proposal


def _require_seen(account_id: uuid.UUID, seen_seq: int | None, now: datetime) -> None:
    """Hold the wallet as it is until the transaction ends, and make sure that this is what the checker saw."""
    tidy(account_id=account_id, now=now)
    seq = _seq(account_id)
    if seq != seen_seq:
        raise WalletChanged(seen_seq=seen_seq, seq=seq)


def _decide(proposal: Proposal, status: ProposalStatus, answer: str, checker: Actor, now: datetime) -> None:
    proposal.status, proposal.answer, proposal.decided_at = status, answer, now
    proposal.checker_id = uuid.UUID(checker.id)
    proposal.save(update_fields=["status", "answer", "decided_at", "checker_id"])


def _complete(proposal: Proposal, order: Order, now: datetime) -> None:
    """Do what no transaction holds. Whatever keeps it from being done, the decision stands and sweeps go on."""
    if order.complete(key=proposal.id, now=now):
        mark_done(proposal=proposal, now=now)


def mark_done(*, proposal: Proposal, now: datetime) -> None:
    """Note that all of an approved proposal was done."""
    if Proposal.objects.filter(id=proposal.id, done_at=None).update(done_at=now):
        proposal.done_at = now


def _wait_for_twins(key: uuid.UUID) -> None:
    """Let the same form, sent twice at once, be looked at one after the other until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"proposal:{key}"])


def _proposed_before(order: Order, key: uuid.UUID, maker: Actor) -> Proposal | None:
    found = Proposal.objects.filter(id=key).first()
    if found is None:
        return None
    if str(found.maker_id) != maker.id or order_of(found) != order:
        raise IdempotencyKeyReused
    return found


def _seq(account_id: uuid.UUID) -> int:
    (wallet,) = wallets_by_account([account_id])
    return wallet.seq


def _record(proposal: Proposal, action: str, actor: Actor, reason: str, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        subject_kind="proposal",
        subject_id=proposal.id,
        reason=reason,
        facts={
            "kind": proposal.kind,
            "subject_id": proposal.subject_id,
            "amount": proposal.amount,
            "currency": proposal.currency,
            "maker": proposal.maker_id,
        },
        now=now,
    )


def _ask_why(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing
