"""Staff at work in the back office, each in their role, from the page that they start at to what the customer has."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from backoffice.models import Proposal
from identity.models import User
from identity.services.roles import sync_roles
from payments.models import Purchase, Refund
from security.models import Alert
from tests.flows.test_quarantine import pay_with
from tests.support.exceptions import grant
from tests.support.shop import Shop, open_customer


@pytest.fixture(autouse=True)
def _roles(transactional_db: None) -> None:
    """The roles of the back office, as after every migrate."""
    sync_roles(now=timezone.now())


def member(name: str, role: str) -> User:
    """Somebody who works here in this role, and has no right beside it."""
    user = open_customer(name)
    User.objects.filter(id=user.id).update(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    user.refresh_from_db()
    return user


def page_of(label: str, pk: object) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[pk])


def fill(visitor: Any, **answers: str) -> None:
    for label, text in answers.items():
        visitor.page.locator(f"[name={label}]").fill(text)


def press(visitor: Any, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def foretell(visitor: Any) -> None:
    """Have the page say what will happen, and wait until it does."""
    press(visitor, "Show what will happen")
    visitor.page.get_by_role("heading", name="What will happen").wait_for()


def text_of(visitor: Any) -> str:
    return " ".join(visitor.page.locator("body").inner_text().split())


def test_finance_releases_a_quarantined_purchase(visit, shop: Shop):
    purchase = shop.start("alice", "basic")
    pay_with(shop, purchase, amount_total=1400)
    with visit() as dave:
        dave.sign_in_quietly(member("dave", "finance"))
        dave.open(page_of("payments.Purchase", purchase.id))
        press(dave, "Release and credit…")
        fill(dave, reason="A coupon of Stripe's.")
        foretell(dave)
        assert "Tokens in the wallet 0 → 250" in text_of(dave)
        assert shop.wallet().balance == 0
        press(dave, "Release and credit")
        dave.page.get_by_text("Released: the tokens are in the wallet.").wait_for()
    assert shop.wallet().balance == 250


def test_support_proposes_a_partial_refund_and_finance_approves_it(visit, shop: Shop):
    purchase = shop.buy("alice", "premium")
    with visit() as sam:
        support = member("sam", "support")
        sam.sign_in_quietly(support)
        sam.open(page_of("payments.Purchase", purchase.id))
        press(sam, "Give money back…")
        fill(sam, amount="20.00", reason="They use less than they thought.")
        foretell(sam)
        assert "waits until another person has approved it" in text_of(sam)
        press(sam, "Propose it")
        sam.page.get_by_text("Proposed: it waits for another person.").wait_for()
        kept = Proposal.objects.get()
        assert not Refund.objects.exists()
        decide = reverse("admin:act_decide", args=[kept.id])
        sam.open(decide, status=403)
    with visit(dark=True) as fay:
        fay.sign_in_quietly(member("fay", "finance"))
        fay.open(page_of("backoffice.Proposal", kept.id))
        press(fay, "Decide…")
        fay.page.get_by_role("heading", name="What approving it would do now").wait_for()
        assert "Money returned to the buyer $20.00" in text_of(fay)
        press(fay, "Approve")
        fay.page.get_by_text("Approved. Stripe has made it").wait_for()
    shop.stripe.wait_until_idle(ignore_retries=True)
    shop.drain()

    refund = Refund.objects.get()
    assert (refund.status, refund.amount_cents) == ("succeeded", 2_000)
    (made,) = [event["data"]["object"] for event in shop.stripe.events(event_type="refund.created")]
    assert made["amount"] == 2_000
    left = 1_250 - 1_250 * 2_000 // 4_999
    assert shop.wallet().balance == left
    shown = shop.document(f"users/{shop.customer('alice').id}")
    assert shown
    assert shown["tokenBalance"] == left


def test_nobody_approves_their_own_by_any_button_or_request(visit, shop: Shop, site_url: str):
    root = member("root", "administrator")
    User.objects.filter(id=root.id).update(is_superuser=True)
    account = shop.wallet("alice").account_id
    with visit() as visitor:
        visitor.sign_in_quietly(root)
        visitor.open(reverse("admin:act_adjust", args=[account]))
        fill(visitor, tokens="5000", reason="For myself.")
        foretell(visitor)
        press(visitor, "Propose it")
        visitor.page.get_by_text("Proposed: it waits for another person.").wait_for()
        kept = Proposal.objects.get()
        assert visitor.page.get_by_role("button", name="Decide…").count() == 0
        decide = reverse("admin:act_decide", args=[kept.id])
        visitor.open(decide)
        assert visitor.page.get_by_role("button", name="Approve").count() == 0
        token = visitor.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        crafted = visitor.context.request.post(
            decide, form={"csrfmiddlewaretoken": token, "seen_seq": "0"}, headers={"Referer": site_url}
        )
        assert crafted.status == 403
        assert "Somebody else has to decide" in crafted.text()
    assert shop.wallet("alice").balance == 0
    kept.refresh_from_db()
    assert kept.status == "proposed"


def test_support_sees_a_dispute_lost(visit, shop: Shop):
    purchase = shop.buy("alice", "basic")
    dispute = shop.stripe.dispute(str(purchase.stripe_payment_intent_id))
    shop.stripe.move_dispute(dispute["id"], "lose")
    shop.stripe.wait_until_idle(ignore_retries=True)
    with visit(phone=True) as sam:
        sam.sign_in_quietly(member("sam", "support"))
        sam.open(page_of("payments.Purchase", purchase.id))
        shown = text_of(sam).lower()
        assert "lost" in shown
        assert sam.page.get_by_role("button", name="Give money back…").count() == 0
    assert shop.wallet().frozen
    assert shop.wallet().balance == 0


def test_security_overrides_a_limit_and_the_customer_buys(visit, shop: Shop, alice: User):
    grant(alice, hourly_max=0)
    with visit() as customer:
        customer.sign_in_quietly(alice)
        customer.open("/buy-tokens")
        customer.expect_failure("/buy-tokens")
        customer.page.get_by_role("button", name="Buy for $14.99").click()
        customer.page.get_by_role("alert").wait_for()
        with visit() as sue:
            sue.sign_in_quietly(member("sue", "security"))
            sue.open(f"{reverse('admin:security_override_add')}?user={alice.id}")
            sue.page.locator("[name=kind]").select_option("unlimited")
            fill(sue, reason="They buy for a class.")
            press(sue, "Save")
            sue.page.get_by_text("was added successfully").wait_for()
        customer.open("/buy-tokens")
        customer.page.get_by_role("button", name="Buy for $14.99").click()
        customer.page.wait_for_url("**/pay/**")
    assert Purchase.objects.get().status == "open"


def test_support_takes_an_alert_from_open_to_resolved(visit, shop: Shop):
    purchase = shop.start("alice", "basic")
    pay_with(shop, purchase, amount_total=1)
    raised = Alert.objects.get()
    with visit() as sam:
        sam.sign_in_quietly(member("sam", "support"))
        sam.open(page_of("security.Alert", raised.id))
        press(sam, "Acknowledge…")
        sam.page.get_by_text("It is done for:").wait_for()
        fill(sam, reason="I know this buyer.")
        press(sam, "Acknowledge")
        sam.page.get_by_text("1 of 1").wait_for()
        press(sam, "Resolve: fixed…")
        sam.page.get_by_text("It is done for:").wait_for()
        fill(sam, reason="The price was wrong.")
        press(sam, "Resolve: fixed")
        sam.page.get_by_text("1 of 1").wait_for()
    raised.refresh_from_db()
    assert raised.status == "resolved"


def test_finance_grants_to_many_and_two_rows_are_bad(visit, shop: Shop):
    for name in ("alice", "bob", "erin"):
        shop.customer(name)
    text = (
        "user,tokens\nalice@example.com,100\nghost@example.com,5\nbob@example.com,50\nerin@example.com,-1\n"
    )
    gifts = {"name": "gifts.csv", "mimeType": "text/csv", "buffer": text.encode()}
    with visit() as dave:
        dave.sign_in_quietly(member("dave", "finance"))
        dave.open(reverse("admin:act_grants"))
        dave.page.locator("[name=file]").set_input_files(gifts)
        fill(dave, reason="A winter gift.")
        foretell(dave)
        shown = text_of(dave)
        assert "Rows left out 2" in shown
        assert "Nobody has this address or id" in shown
        assert "A grant gives at least one token" in shown
        press(dave, "Grant tokens to many")
        dave.page.get_by_text("customers have their tokens").wait_for()
    assert [shop.wallet(name).balance for name in ("alice", "bob", "erin")] == [100, 50, 0]
