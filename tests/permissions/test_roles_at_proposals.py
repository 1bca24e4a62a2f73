"""Each role at what takes two people: who proposes, who decides about others' proposals, nobody about their own."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from backoffice.kinds import ProposalKind
from backoffice.models import Proposal
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.orders.grants import GrantsOrder, OneGrant
from backoffice.services.orders.order import Order
from backoffice.services.orders.refund import RefundOrder
from backoffice.services.orders.reversal import ReversalOrder
from backoffice.services.proposals import approve, needs_another, propose, reject, submit
from identity.errors import ActionNotAllowed, MakerIsChecker
from identity.kinds import Actor, Role
from identity.models import AuditRecord
from payments.kinds import RefundReason
from tests.admin import rows
from tests.permissions.test_rights_of_services import everything
from tests.support.staff import member, of_role
from tokens.kinds import AccountKind, EntryType
from tokens.queries.wallets import wallet_of
from tokens.services import ledger

pytestmark = pytest.mark.django_db
# Written down once more: who proposes anything at all, who grants a few tokens alone, and who decides.
PROPOSE = frozenset({Role.SUPPORT, Role.FINANCE, Role.ADMINISTRATOR})
GRANT_ALONE = DECIDE = frozenset({Role.FINANCE, Role.ADMINISTRATOR})
LARGE = 5_000


def account_id() -> Any:
    return wallet_of(rows.person("alice").id).account_id


def gift() -> Any:
    return ledger.post(
        entry_type=EntryType.GRANT,
        reference=f"grant:{uuid4()}",
        account_id=account_id(),
        counter_lines={AccountKind.PROMOTIONS: -LARGE},
        now=timezone.now(),
    ).entry_id


def file_of(tokens: int) -> GrantsOrder:
    return GrantsOrder(EntryType.PROMOTION, (OneGrant(2, account_id(), tokens),))


ORDERS: dict[ProposalKind, Callable[[], Order]] = {
    ProposalKind.ADJUSTMENT: lambda: AdjustmentOrder(account_id(), LARGE),
    ProposalKind.REVERSAL: lambda: ReversalOrder(gift()),
    ProposalKind.REFUND: lambda: RefundOrder(rows.settled_purchase().id, 1_499, RefundReason.DUPLICATE),
    ProposalKind.GRANTS: lambda: file_of(LARGE),
}
BOTH_WAYS = pytest.mark.parametrize("decide", [approve, reject])


def proposed(order: Order, maker: Actor) -> Proposal:
    return propose(order=order, key=uuid4(), reason="Promised.", maker=maker, now=timezone.now())


def decided(decide: Callable[..., Proposal], proposal: Proposal, checker: Actor) -> Proposal:
    facts: dict[str, Any] = {"seen_seq": proposal.wallet_seq} if decide is approve else {}
    return decide(proposal_id=proposal.id, answer="Right.", checker=checker, now=timezone.now(), **facts)


def nothing_but(refusal: type[Exception], act: Callable[..., object], *args: Any, **facts: Any) -> None:
    before = everything()
    with pytest.raises(refusal):
        act(*args, **facts)
    assert everything() == before


def test_each_kind_of_proposal_is_asked_about() -> None:
    assert ORDERS.keys() == set(ProposalKind)


@pytest.mark.parametrize("kind", ORDERS)
def test_each_role_proposes_what_is_its_work_and_no_more(kind: ProposalKind) -> None:
    order = ORDERS[kind]()
    for role in Role:
        actor = of_role(role)
        if role not in PROPOSE:
            nothing_but(ActionNotAllowed, proposed, order, actor)
            continue
        kept = proposed(order, actor)
        assert (kept.status, str(kept.maker_id)) == ("proposed", actor.id)
        record = AuditRecord.objects.get(action="proposal.propose", actor_id=actor.id)
        assert (record.subject_id, record.reason) == (str(kept.id), "Promised.")


@BOTH_WAYS
@pytest.mark.parametrize("kind", ORDERS)
def test_each_role_decides_about_others_proposals_if_that_is_its_work(
    kind: ProposalKind, decide: Callable[..., Proposal]
) -> None:
    maker = member("maker", "tokens.propose_adjustment", "payments.propose_refund")
    for role in sorted(Role, key=lambda role: role in DECIDE):  # those first who change nothing
        actor = of_role(role)
        if role not in DECIDE:
            waiting = Proposal.objects.first() or proposed(ORDERS[kind](), maker)
            nothing_but(ActionNotAllowed, decided, decide, waiting, actor)
            continue
        waiting = Proposal.objects.filter(status="proposed").first() or proposed(another(kind), maker)
        done = decided(decide, waiting, actor)
        assert (done.status, str(done.checker_id)) == (
            "approved" if decide is approve else "rejected",
            actor.id,
        )


def another(kind: ProposalKind) -> Order:
    """A second one of the kind, beside what was decided about already."""
    if kind is ProposalKind.REFUND:
        return RefundOrder(rows.settled_purchase("bob").id, 1_499, RefundReason.DUPLICATE)
    return ORDERS[kind]()


@BOTH_WAYS
@pytest.mark.parametrize("kind", ORDERS)
def test_no_role_decides_about_its_own_nor_takes_it_back(
    kind: ProposalKind, decide: Callable[..., Proposal]
) -> None:
    order = ORDERS[kind]()
    root = member("root", is_superuser=True)
    for actor in (*(of_role(role) for role in sorted(PROPOSE)), root):
        own = proposed(order, actor)
        nothing_but(MakerIsChecker, decided, decide, own, actor)
    assert set(Proposal.objects.values_list("status", flat=True)) == {"proposed"}


def test_each_role_at_a_file_of_grants_dry_and_done() -> None:
    small, large = file_of(10), file_of(LARGE)
    for role in Role:
        actor, now = of_role(role), timezone.now()
        asked: dict[str, Any] = {"maker": actor, "now": now}
        done: dict[str, Any] = {"key": uuid4(), "reason": "A gift.", **asked}
        if role not in PROPOSE:
            nothing_but(ActionNotAllowed, needs_another, order=small, **asked)
            nothing_but(ActionNotAllowed, submit, order=small, **done)
            continue
        before, balance = everything(), wallet_of(rows.person("alice").id).balance
        dry = [needs_another(order=order, **asked) for order in (small, large)]
        assert dry == [role not in GRANT_ALONE, True]
        assert everything() == before, "a dry run leaves nothing"
        kept = submit(order=small, **done).proposal
        assert (kept is None) == (role in GRANT_ALONE)
        given = 10 if role in GRANT_ALONE else 0
        assert wallet_of(rows.person("alice").id).balance == balance + given
        assert submit(order=large, **done | {"key": uuid4()}).proposal is not None
