"""Refunds that wait for a second person, and purchases that a person releases from quarantine."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice.kinds import Effect
from backoffice.models import Proposal
from backoffice.services import completion, proposals
from backoffice.services.completion import complete_approved
from backoffice.services.orders.grants import GrantsOrder, OneGrant
from backoffice.services.orders.refund import RefundOrder
from backoffice.services.proposals import approve, submit
from backoffice.services.rehearsal import on_wallet
from identity.errors import ActionNotAllowed, ApprovalNeeded, ReasonMissing
from identity.kinds import SYSTEM_ACTOR, Actor
from identity.models import AuditRecord
from payments.errors import (
    NothingToRelease,
    PurchaseNotFound,
    PurchaseNotQuarantined,
    RefundNotFound,
    RefundTooLarge,
)
from payments.kinds import PurchaseStatus, RefundReason
from payments.limits import REFUND_ALONE_MAX, REFUND_RETRY_INTERVAL
from payments.models import Purchase, Refund
from payments.services import quarantine, staff_refunds
from payments.services.catalogue import publish_package
from payments.services.staff_refunds import retry_requested_refunds
from tests.flows.test_quarantine import pay_with
from tests.support.refunds import start_refund
from tests.support.shop import Shop, open_customer
from tests.support.staff import member
from tokens.kinds import EntryType, PackageTerms
from tokens.queries.wallets import wallet_of

PRICE, TOKENS = 9_999, 3_000
FACTS: dict[str, Any] = {"reason": "They bought it twice."}


@pytest.fixture
def dave(shop: Shop) -> Actor:
    """Dave gives small payments back, and releases what was quarantined."""
    return member("dave", "payments.refund_purchase", "payments.settle_quarantined")


@pytest.fixture
def carol(shop: Shop) -> Actor:
    """Carol agrees."""
    return member("carol", "backoffice.approve_proposal")


def buy_large(shop: Shop) -> Purchase:
    """A purchase of $99.99."""
    terms = PackageTerms(name="Large", description="", tokens=TOKENS, bonus_tokens=0, price_cents=PRICE)
    publish_package(code="large", terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())
    return shop.buy(package="large")


def order(purchase: Purchase, cents: int = PRICE) -> RefundOrder:
    return RefundOrder(purchase.id, cents, RefundReason.DUPLICATE)


def ask(purchase: Purchase, maker: Actor, cents: int = PRICE) -> Proposal | None:
    now = timezone.now()
    return submit(order=order(purchase, cents), key=uuid.uuid4(), maker=maker, now=now, **FACTS).proposal


def agree(proposal: Proposal | None, checker: Actor) -> Proposal:
    assert proposal
    facts: dict[str, Any] = {"seen_seq": proposal.wallet_seq, "answer": "", "now": timezone.now()}
    return approve(proposal_id=proposal.id, checker=checker, **facts)


def test_a_large_refund_waits_and_then_stripe_makes_it(shop: Shop, dave: Actor, carol: Actor):
    purchase = buy_large(shop)
    assert order(purchase, 6_000).foresee(now=timezone.now()) == [
        Effect("Money returned to the buyer", "$60.00"),
        Effect("Left of the payment", "$39.99", "$99.99"),
        Effect("Tokens taken", "1,800"),
        Effect("Tokens in the wallet", "1,200", "3,000"),
    ]

    proposal = ask(purchase, dave, 6_000)
    assert not Refund.objects.exists()
    done = agree(proposal, carol)
    shop.stripe.wait_until_idle(ignore_retries=True)

    refund = Refund.objects.get()
    assert (refund.status, refund.amount_cents) == ("succeeded", 6_000)
    assert (refund.requested_by, refund.checked_by) == (dave.id, carol.id)
    assert refund.idempotency_key == str(done.id)
    assert done.done_at
    assert shop.wallet().balance == 1_200
    assert str(refund.stripe_refund_id) in order(purchase).outcome(key=done.id)
    told = AuditRecord.objects.get(action="purchase.refund")
    assert (told.actor_id, told.facts["checked_by"], told.facts["amount_cents"]) == (dave.id, carol.id, 6_000)


def test_a_small_refund_is_made_at_once_and_small_ones_add_up(shop: Shop, dave: Actor):
    purchase = buy_large(shop)

    assert ask(purchase, dave, REFUND_ALONE_MAX * 100 - 1) is None
    assert ask(purchase, dave, 2)
    facts: dict[str, Any] = {"reason": RefundReason.DUPLICATE, "note": "Twice.", "now": timezone.now()}
    with pytest.raises(ApprovalNeeded) as refused:
        start_refund(purchase_id=purchase.id, amount_cents=2, idempotency_key="direct", actor=dave, **facts)
    assert refused.value.members == {"amount": REFUND_ALONE_MAX + 1, "alone_max": REFUND_ALONE_MAX}
    with pytest.raises(ActionNotAllowed):
        start_refund(
            purchase_id=purchase.id, amount_cents=2, idempotency_key="system", actor=SYSTEM_ACTOR, **facts
        )
    with pytest.raises(RefundTooLarge):
        order(purchase, PRICE).foresee(now=timezone.now())
    refund = Refund.objects.get()
    assert refund.amount_cents == REFUND_ALONE_MAX * 100 - 1
    with pytest.raises(IntegrityError, match="refund_checked_by_another"), transaction.atomic():
        Refund.objects.update(checked_by=dave.id)


def test_killed_between_approval_and_stripe_the_sweep_goes_on(
    shop: Shop, dave: Actor, carol: Actor, monkeypatch: pytest.MonkeyPatch
):
    purchase = buy_large(shop)
    proposal = ask(purchase, dave)

    def die(*_: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(proposals, "_complete", die)
        with pytest.raises(SystemExit):
            agree(proposal, carol)
    assert (Refund.objects.get().status, shop.wallet().balance) == ("requested", TOKENS)

    assert retry_requested_refunds(now=timezone.now()) == 1
    assert complete_approved(now=timezone.now()) == 1
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert Refund.objects.get().status == "succeeded"
    assert Proposal.objects.get().done_at
    assert shop.wallet().balance == 0
    assert len(shop.stripe.events(event_type="refund.created")) == 1


def test_where_stripe_does_not_answer_it_is_asked_again(shop: Shop, dave: Actor, carol: Actor):
    purchase = buy_large(shop)
    shop.stripe.fail_next(2, kind="reset", path="/v1/refunds")
    done = agree(ask(purchase, dave), carol)
    assert done.done_at is None
    assert order(purchase).outcome(key=done.id) == "Stripe did not answer, and is asked again by itself"
    shop.stripe.fail_next(2, kind="reset", path="/v1/refunds")
    assert complete_approved(now=timezone.now()) == 1
    assert Proposal.objects.get().done_at is None

    retry_requested_refunds(now=timezone.now() + REFUND_RETRY_INTERVAL + timedelta(seconds=1))
    shop.stripe.wait_until_idle(ignore_retries=True)

    assert shop.wallet().balance == 0


def test_a_refund_that_waits_for_stripe_keeps_no_grants_waiting(
    shop: Shop, dave: Actor, carol: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(completion, "PROPOSALS_COMPLETED_MAX", 1)
    purchase = buy_large(shop)
    shop.stripe.fail_next(2, kind="reset", path="/v1/refunds")
    agree(ask(purchase, dave), carol)
    shop.stripe.fail_next(2, kind="reset", path="/v1/refunds")
    bob = open_customer("bob")
    member("dave", "tokens.grant_many")
    grants = GrantsOrder(EntryType.GRANT, (OneGrant(2, wallet_of(bob.id).account_id, 5_000),))
    kept = submit(order=grants, key=uuid.uuid4(), maker=dave, reason="A prize.", now=timezone.now()).proposal
    assert kept
    agree(kept, carol)

    complete_approved(now=timezone.now())

    assert Proposal.objects.get(id=kept.id).done_at
    assert wallet_of(bob.id).balance == 5_000


def test_what_stripe_refuses_is_over(shop: Shop, dave: Actor, carol: Actor):
    purchase = buy_large(shop)
    shop.stripe.fail_next(1, status=404, path="/v1/refunds")
    done = agree(ask(purchase, dave), carol)
    assert done.done_at
    assert order(purchase).outcome(key=done.id).startswith("Stripe refused it")
    assert complete_approved(now=timezone.now()) == 0
    assert shop.wallet().balance == TOKENS
    with pytest.raises(RefundNotFound):
        staff_refunds.send_refund(idempotency_key="none", now=timezone.now())
    with pytest.raises(PurchaseNotFound):
        order(Purchase(id=uuid.uuid4())).foresee(now=timezone.now())


def test_a_quarantined_purchase_is_released_once_with_a_reason(shop: Shop, dave: Actor):
    purchase = shop.start("alice", "basic")
    pay_with(shop, purchase, amount_total=1400)
    now = timezone.now()

    with pytest.raises(ReasonMissing):
        quarantine.release(purchase_id=purchase.id, reason=" ", actor=dave, now=now)
    foreseen = on_wallet(
        purchase.wallet_account_id, lambda: quarantine.settle(purchase_id=purchase.id, now=now), now=now
    )
    assert foreseen == [Effect("Tokens given", "250"), Effect("Tokens in the wallet", "250", "0")]
    assert shop.wallet().balance == 0
    quarantine.release(purchase_id=purchase.id, reason="A coupon.", actor=dave, now=now)
    with pytest.raises(PurchaseNotQuarantined):
        quarantine.release(purchase_id=purchase.id, reason="A coupon.", actor=dave, now=now)

    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_cents) == (PurchaseStatus.SETTLED, 1400)
    assert shop.wallet().balance == 250
    told = AuditRecord.objects.get(action="purchase.release")
    assert (told.actor_id, told.reason) == (dave.id, "A coupon.")


def test_what_has_gone_back_of_a_quarantined_payment_takes_its_share(shop: Shop, dave: Actor):
    purchase = shop.start("alice", "basic")
    pay_with(shop, purchase, amount_total=1000)
    start_refund(
        purchase_id=purchase.id,
        amount_cents=500,
        reason=RefundReason.DUPLICATE,
        note="Half.",
        idempotency_key="half",
        actor=dave,
        now=timezone.now(),
    )
    assert order(purchase, 500).foresee(now=timezone.now())[-1] == Effect("Tokens in the wallet", "0", "0")
    quarantine.release(purchase_id=purchase.id, reason="The rest is right.", actor=dave, now=timezone.now())
    assert shop.wallet().balance == 125


def test_what_is_not_there_is_not_released(shop: Shop, dave: Actor):
    now = timezone.now()
    unpaid = shop.start("alice", "basic")
    pay_with(shop, unpaid, payment_status="no_payment_required", amount_total=0)
    for purchase_id, refusal in (
        (unpaid.id, NothingToRelease),
        (shop.buy().id, PurchaseNotQuarantined),
        (uuid.uuid4(), PurchaseNotFound),
    ):
        with pytest.raises(refusal):
            quarantine.release(purchase_id=purchase_id, reason="Why?", actor=dave, now=now)
    with pytest.raises(ActionNotAllowed):
        quarantine.release(purchase_id=unpaid.id, reason="Why?", actor=member("erin"), now=now)
