"""Four eyes: what is too large for one person waits for another, and is done exactly as it was proposed, once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice.errors import (
    ProposalDecided,
    ProposalExpired,
    ProposalNotFound,
    WalletChanged,
)
from backoffice.kinds import Effect, ProposalStatus
from backoffice.limits import PROPOSAL_LIFETIME
from backoffice.models import Proposal
from backoffice.queries.proposals import proposal_of, waiting
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.orders.reversal import ReversalOrder
from backoffice.services.proposals import approve, mark_done, needs_another, propose, reject, submit
from backoffice.tasks import carry_out_grants, expire_proposals
from foundation.errors import IdempotencyKeyReused
from identity.errors import ActionNotAllowed, MakerIsChecker, ReasonMissing
from identity.kinds import Actor
from identity.models import AuditRecord, User
from tests.support.database import as_owner
from tests.support.staff import member
from tests.tokens.conftest import Bank
from tokens.errors import AdjustmentOutOfBounds, EntryNotReversible, InsufficientTokens
from tokens.models import Correction, Entry

LARGE = 50_000


def order(bank: Bank, tokens: int = LARGE) -> AdjustmentOrder:
    return AdjustmentOrder(bank.wallet.account_id, tokens)


def proposed(bank: Bank, maker: Actor, tokens: int = LARGE, **more: Any) -> Proposal:
    facts: dict[str, Any] = {"key": uuid.uuid4(), "reason": "Promised in writing.", "now": timezone.now()}
    return propose(order=order(bank, tokens), maker=maker, **{**facts, **more})


def agree(proposal: Proposal, checker: Actor, **more: Any) -> Proposal:
    facts: dict[str, Any] = {"seen_seq": proposal.wallet_seq, "answer": "Right.", "now": timezone.now()}
    return approve(proposal_id=proposal.id, checker=checker, **{**facts, **more})


def trail() -> list[tuple[str, str]]:
    return list(AuditRecord.objects.order_by("id").values_list("action", "actor_id"))


def test_a_small_one_is_done_at_once_and_a_large_one_waits(bank: Bank, maker: Actor):
    facts: dict[str, Any] = {"reason": "Promised.", "maker": maker, "now": timezone.now()}

    assert submit(order=order(bank, 100), key=uuid.uuid4(), **facts).proposal is None
    assert bank.wallet.balance == 100
    kept = submit(order=order(bank), key=uuid.uuid4(), **facts).proposal

    assert kept
    assert bank.wallet.balance == 100
    assert (kept.status, kept.amount, kept.wallet_seq, kept.maker_id) == (
        "proposed",
        LARGE,
        1,
        uuid.UUID(maker.id),
    )
    assert trail() == [("wallet.adjust", maker.id), ("proposal.propose", maker.id)]


def test_another_person_agrees_and_it_is_done_once(bank: Bank, maker: Actor, checker: Actor):
    proposal = proposed(bank, maker)

    done = agree(proposal, checker)

    assert (done.status, done.checker_id, done.answer) == ("approved", uuid.UUID(checker.id), "Right.")
    assert done.done_at
    assert bank.wallet.balance == LARGE
    kept = Correction.objects.get()
    assert (kept.key, kept.made_by, kept.checked_by) == (str(proposal.id), maker.id, checker.id)
    assert trail()[1:] == [("wallet.adjust", maker.id), ("proposal.approve", checker.id)]
    with pytest.raises(ProposalDecided):
        agree(proposal, checker)
    with pytest.raises(ProposalDecided):
        reject(proposal_id=proposal.id, answer="No.", checker=checker, now=timezone.now())
    assert Entry.objects.count() == 1
    mark_done(proposal=done, now=timezone.now() + timedelta(days=1))  # another worker, late
    assert Proposal.objects.get().done_at == done.done_at
    carry_out_grants()  # the sweep of what is left to do
    assert bank.wallet.balance == LARGE


def test_nobody_decides_their_own_superusers_included(bank: Bank, maker: Actor):
    root = member("root", is_superuser=True)
    proposal = proposed(bank, root)

    with pytest.raises(MakerIsChecker):
        agree(proposal, root)
    with pytest.raises(MakerIsChecker):
        reject(proposal_id=proposal.id, answer="No.", checker=root, now=timezone.now())
    with pytest.raises(ActionNotAllowed):
        agree(proposal, maker)  # he may not approve
    with pytest.raises(IntegrityError, match="proposal_checked_by_another"), transaction.atomic():
        Proposal.objects.update(status="approved", checker_id=root.id, decided_at=timezone.now())

    assert proposal_of(proposal.id).status == "proposed"
    assert not Entry.objects.exists()


def test_who_may_neither_do_nor_propose_it_does_neither(bank: Bank, maker: Actor, checker: Actor):
    viewer = member("erin", "tokens.view_wallet")
    with pytest.raises(ActionNotAllowed):
        proposed(bank, viewer)
    with pytest.raises(ActionNotAllowed):
        submit(order=order(bank, 1), key=uuid.uuid4(), reason="Why?", maker=viewer, now=timezone.now())
    proposal = proposed(bank, maker)
    User.objects.get(id=maker.id).user_permissions.clear()
    with pytest.raises(ActionNotAllowed):  # the maker may not propose it any more
        agree(proposal, checker)
    assert not Entry.objects.exists()
    assert Proposal.objects.get().status == "proposed"


def test_a_changed_wallet_asks_again(bank: Bank, maker: Actor, checker: Actor):
    proposal = proposed(bank, maker)
    bank.credit(7)

    with pytest.raises(WalletChanged) as refused:
        agree(proposal, checker)

    assert refused.value.members == {"seen_seq": 0, "seq": 1}
    assert bank.wallet.balance == 7
    agree(proposal, checker, seen_seq=1)
    assert bank.wallet.balance == LARGE + 7


def test_what_the_action_is_refused_with_leaves_the_proposal_waiting(
    bank: Bank, maker: Actor, checker: Actor
):
    bank.credit(5_000)
    proposal = proposed(bank, maker, -5_000)
    bank.spend(1)

    with pytest.raises(InsufficientTokens):
        agree(proposal, checker, seen_seq=2)

    assert Proposal.objects.get().status == "proposed"
    assert bank.wallet.balance == 4_999


def test_a_proposal_is_rejected_with_a_reason_and_nothing_is_done(bank: Bank, maker: Actor, checker: Actor):
    proposal = proposed(bank, maker)
    with pytest.raises(ReasonMissing):
        reject(proposal_id=proposal.id, answer=" ", checker=checker, now=timezone.now())
    reject(proposal_id=proposal.id, answer="Nobody promised this.", checker=checker, now=timezone.now())
    assert proposal_of(proposal.id).status == "rejected"
    assert trail()[-1] == ("proposal.reject", checker.id)
    assert not Entry.objects.exists()


def test_a_proposal_expires_when_read_and_by_the_sweep(bank: Bank, maker: Actor, checker: Actor):
    now = timezone.now()
    late = proposed(bank, maker, now=now - PROPOSAL_LIFETIME)
    fresh = proposed(bank, maker)

    assert late.status_at(now) == ProposalStatus.EXPIRED
    assert [each.id for each in waiting(now=now)] == [fresh.id]
    with pytest.raises(ProposalExpired):
        agree(late, checker)
    expire_proposals()
    expire_proposals()

    assert dict(Proposal.objects.values_list("id", "status")) == {late.id: "expired", fresh.id: "proposed"}
    assert proposal_of(late.id).status_at(now) == ProposalStatus.EXPIRED
    assert [action for action, _ in trail()].count("proposal.expire") == 1
    with pytest.raises(ProposalDecided):
        agree(late, checker)


def test_what_does_not_exist_is_neither_shown_nor_approved(bank: Bank, checker: Actor):
    now = timezone.now()
    with pytest.raises(ProposalNotFound):
        proposal_of(uuid.uuid4())
    with pytest.raises(ProposalNotFound):
        approve(proposal_id=uuid.uuid4(), seen_seq=0, answer="", checker=checker, now=now)


def test_the_same_form_proposes_once(bank: Bank, maker: Actor, checker: Actor):
    key = uuid.uuid4()
    first, again = proposed(bank, maker, key=key), proposed(bank, maker, key=key)
    submitted = submit(order=order(bank), key=key, reason="Promised.", maker=maker, now=timezone.now())
    assert first.id == again.id == key
    assert submitted.proposal
    assert submitted.proposal.id == key
    for tokens, who in ((LARGE + 1, maker), (LARGE, checker)):
        with pytest.raises(IdempotencyKeyReused):
            proposed(bank, who, tokens, key=key)
    assert Proposal.objects.count() == 1


def test_what_could_not_be_done_is_not_proposed(bank: Bank, maker: Actor):
    for tokens, refusal in ((-1_500, InsufficientTokens), (0, AdjustmentOutOfBounds)):
        with pytest.raises(refusal):
            proposed(bank, maker, tokens)
    with pytest.raises(ReasonMissing):
        proposed(bank, maker, reason="")
    with pytest.raises(ReasonMissing):
        submit(order=order(bank), key=uuid.uuid4(), reason="", maker=maker, now=timezone.now())
    bought = bank.credit(100, purchase=uuid.uuid4())
    with pytest.raises(EntryNotReversible):
        needs_another(order=ReversalOrder(bought.entry_id), maker=maker, now=timezone.now())
    assert not Proposal.objects.exists()


def test_a_rehearsal_tells_what_will_happen_and_leaves_nothing(bank: Bank, maker: Actor):
    posted = bank.credit(5_000)
    spent = bank.spend(2_000)
    now = timezone.now()

    assert order(bank, -500).foresee(now=now) == [
        Effect("Tokens taken", "500"),
        Effect("Tokens in the wallet", "2,500", "3,000"),
    ]
    assert ReversalOrder(spent.entry_id).foresee(now=now)[0] == Effect("Tokens given", "2,000")
    assert not needs_another(order=order(bank, 1_000), maker=maker, now=now)
    assert needs_another(order=order(bank, 1_001), maker=maker, now=now)
    assert needs_another(order=ReversalOrder(spent.entry_id), maker=maker, now=now)
    assert bank.wallet.seq == 2
    assert not AuditRecord.objects.exists()
    assert posted.seq == 1


def test_a_large_reversal_waits_too_and_owes_what_is_missing(bank: Bank, maker: Actor, checker: Actor):
    facts: dict[str, Any] = {"reason": "Promised.", "maker": maker, "now": timezone.now()}
    given = proposed(bank, maker)
    agree(given, checker)
    bank.spend(LARGE - 10)
    undo = ReversalOrder(Correction.objects.get().entry_id)
    kept = submit(order=undo, key=uuid.uuid4(), **facts).proposal
    assert kept
    assert undo.foresee(now=timezone.now())[-1] == Effect("Tokens owed", f"{LARGE - 10:,}", "0")

    agree(kept, checker)

    assert (bank.wallet.balance, bank.wallet.debt) == (0, LARGE - 10)
    assert undo.outcome(key=kept.id) == order(bank).outcome(key=kept.id) == "The entry is posted"


def test_a_small_reversal_is_done_at_once(bank: Bank, maker: Actor):
    bank.credit(50)
    spent = bank.spend(20)
    done = submit(
        order=ReversalOrder(spent.entry_id), key=uuid.uuid4(), reason="Why.", maker=maker, now=timezone.now()
    )
    assert done.proposal is None
    assert bank.wallet.balance == 50


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"request": {"account_id": "x", "tokens": 1}},
        {"maker_id": "checker"},
        {"reason": "Another."},
        {"wallet_seq": 5},
        {"expires_at": timezone.now() + timedelta(days=300)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_proposed_cannot_be_changed_by_the_tables_owner_either(
    bank: Bank, maker: Actor, checker: Actor, change: dict[str, Any]
):
    proposal = proposed(bank, maker)
    connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")  # so that only the guard refuses
    change = {name: checker.id if value == "checker" else value for name, value in change.items()}
    with as_owner(), pytest.raises(IntegrityError, match="only its decision"), transaction.atomic():
        Proposal.objects.filter(id=proposal.id).update(**change)
    with as_owner(), pytest.raises(IntegrityError, match="proposals are kept"), transaction.atomic():
        connection.cursor().execute("DELETE FROM backoffice_proposal")
    with as_owner(), pytest.raises(IntegrityError, match="proposals are kept"), transaction.atomic():
        connection.cursor().execute("TRUNCATE backoffice_proposal CASCADE")


def test_a_decision_is_written_once(bank: Bank, maker: Actor, checker: Actor):
    proposal = proposed(bank, maker)
    agree(proposal, checker)
    for change in ({"status": "rejected"}, {"done_at": None}, {"answer": "Not so."}):
        with as_owner(), pytest.raises(IntegrityError, match="only its decision"), transaction.atomic():
            Proposal.objects.filter(id=proposal.id).update(**change)
    assert Proposal.objects.get().status == "approved"
