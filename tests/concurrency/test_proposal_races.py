"""Two people decide at once: a proposal is decided, and done, once."""

from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from backoffice.errors import ProposalDecided
from backoffice.limits import GRANTS_ALONE_TOKENS_MAX
from backoffice.models import Proposal
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.orders.grants import GrantsOrder, OneGrant
from backoffice.services.proposals import Submitted, approve, propose, reject, submit
from identity.errors import ApprovalNeeded
from identity.kinds import Actor
from tests.concurrency.conftest import Holder
from tests.support.staff import member
from tests.support.threads import race
from tokens.kinds import EntryType
from tokens.limits import CORRECTION_ALONE_TOKENS_MAX
from tokens.services.corrections import adjust


def checkers(count: int) -> list[Actor]:
    return [member(f"checker{number}", "backoffice.approve_proposal") for number in range(count)]


def test_of_many_who_decide_one_proposal_one_does(alice: Holder):
    maker = member("dave", "tokens.propose_adjustment")
    for _ in range(3):
        proposal = propose(
            order=AdjustmentOrder(alice.account_id, 5_000),
            key=uuid4(),
            reason="Promised.",
            maker=maker,
            now=timezone.now(),
        )
        before, seq = alice.wallet.balance, alice.wallet.seq

        def agree(checker: Actor, proposal_id: UUID = proposal.id, seen_seq: int = seq) -> Proposal:
            return approve(
                proposal_id=proposal_id,
                seen_seq=seen_seq,
                answer="",
                checker=checker,
                now=timezone.now(),
            )

        def decline(checker: Actor, proposal_id: UUID = proposal.id) -> Proposal:
            return reject(proposal_id=proposal_id, answer="No.", checker=checker, now=timezone.now())

        people = checkers(6)
        works = [lambda who=who, act=act: act(who) for who in people for act in (agree, decline)]
        answers = race(works)

        decided = [answer for answer in answers if isinstance(answer, Proposal)]
        assert len(decided) == 1
        assert {type(answer) for answer in answers} == {Proposal, ProposalDecided}
        given = 5_000 if decided[0].status == "approved" else 0
        assert alice.wallet.balance == before + given


def test_many_small_ones_at_once_are_not_a_large_one(alice: Holder):
    dave = member("dave", "tokens.adjust")
    each = CORRECTION_ALONE_TOKENS_MAX // 2

    answers = race(
        [
            lambda: adjust(
                account_id=alice.account_id,
                tokens=each,
                key=str(uuid4()),
                reason="Promised.",
                actor=dave,
                now=timezone.now(),
            )
        ]
        * 8
    )

    assert sum(isinstance(answer, ApprovalNeeded) for answer in answers) == 6
    assert alice.wallet.balance == CORRECTION_ALONE_TOKENS_MAX


@pytest.mark.parametrize("tokens", [10, 5_000])
def test_one_form_sent_many_times_at_once_acts_or_proposes_once(alice: Holder, tokens: int):
    dave, key = member("dave", "tokens.adjust"), uuid4()
    answers = race(
        [
            lambda: submit(
                order=AdjustmentOrder(alice.account_id, tokens),
                key=key,
                reason="Promised.",
                maker=dave,
                now=timezone.now(),
            )
        ]
        * 8
    )
    assert {type(answer) for answer in answers} == {Submitted}
    assert alice.wallet.balance == (10 if tokens == 10 else 0)
    assert Proposal.objects.count() == (0 if tokens == 10 else 1)


def test_many_small_files_at_once_are_not_a_large_one(alice: Holder):
    dave, before = member("dave", "tokens.grant_many"), alice.wallet.balance
    few = GrantsOrder(EntryType.GRANT, (OneGrant(2, alice.account_id, GRANTS_ALONE_TOKENS_MAX // 2),))

    answers = race(
        [lambda: submit(order=few, key=uuid4(), reason="A gift.", maker=dave, now=timezone.now())] * 6
    )

    done = [answer for answer in answers if isinstance(answer, Submitted) and not answer.proposal]
    assert len(done) == 2
    assert Proposal.objects.count() == 4
    assert alice.wallet.balance == before + GRANTS_ALONE_TOKENS_MAX
