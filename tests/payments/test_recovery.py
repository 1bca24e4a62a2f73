"""After a restore: what Stripe remembers of our sales becomes purchases and accounts again, once."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone

from identity.models import User
from identity.services.reopening import reopen_account
from payments.gateways import stripe_lists
from payments.limits import BACKFILL_PATIENCE
from payments.models import PackagePublication, Purchase
from payments.services.reconciliation.runner import reconcile
from sandbox.stripe.client import SandboxControls
from tests.support.database import as_owner, without_guards
from tests.support.lifetimes import publish_lasting
from tests.support.shop import Shop
from tests.support.shop_fixtures import shop, stripe_sandbox
from tokens.models import Package
from tokens.queries.wallets import wallet_of

__all__ = ["shop", "stripe_sandbox"]


def recover(status: int = 0) -> str:
    words, ended = StringIO(), 0
    try:
        call_command("recover_purchases", "--since", "1h", stdout=words)
    except SystemExit as error:
        ended = int(error.code or 0)
    assert ended == status
    return words.getvalue()


def lose_everything_sold() -> None:
    """What a restore to before the first sale leaves: the catalogue."""
    with without_guards() as cursor:
        for table in (
            *("payments_refund", "payments_dispute", "payments_carduse", "payments_decline"),
            *("payments_purchase", "payments_inboxevent"),
            *("tokens_lotuse", "tokens_lot", "tokens_posting", "tokens_entry", "tokens_wallet"),
            "account_emailaddress",
        ):
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("DELETE FROM tokens_account WHERE owner_id IS NOT NULL")
        cursor.execute("DELETE FROM identity_user")


def test_what_was_sold_since_the_dump_comes_back_with_its_buyers_once(
    shop: Shop, stripe_sandbox: SandboxControls
):
    publish_lasting(30, code="pro")
    paid, refunded, open_ = shop.buy("alice"), shop.buy("bob", "pro"), shop.start("carol")
    alice, carol = shop.customer("alice"), shop.customer("carol")
    stripe_sandbox.refund(refunded.stripe_session_id or "")
    stripe_sandbox.wait_until_idle(ignore_retries=True)
    lose_everything_sold()

    words = recover()

    assert "3 sales at Stripe, 3 made again." in words
    again = {purchase.id: purchase for purchase in Purchase.objects.all()}
    assert again[paid.id].status == "settled"
    assert (again[paid.id].price_cents, again[paid.id].stripe_price_id) == (
        paid.price_cents,
        paid.stripe_price_id,
    )
    lasting = {purchase_id: purchase.tokens_expire_after_days for purchase_id, purchase in again.items()}
    assert lasting == {paid.id: None, refunded.id: 30, open_.id: None}
    assert again[open_.id].status == "open"
    assert wallet_of(alice.id).balance == 250
    assert wallet_of(alice.id).document_id == str(alice.id)
    assert User.objects.get(pk=carol.id).email == "carol@example.com"
    assert not EmailAddress.objects.filter(user_id=carol.id, verified=True).exists()
    assert "0 made again" in recover()

    later = timezone.now() + 2 * BACKFILL_PATIENCE
    found = reconcile(
        names=["events", "reversals"], since=later - timedelta(hours=1), now=later, repairs=True
    )
    assert not [result.error for result in found if result.error], found
    again_refunded = Purchase.objects.get(id=refunded.id)
    assert (again_refunded.status, again_refunded.reversal) == ("settled", "full")
    assert wallet_of(again_refunded.buyer_id).balance == 0

    shop.pay(open_)
    open_.refresh_from_db()
    assert open_.status == "settled"


def test_another_installations_sales_and_those_that_tell_too_little_are_left(
    shop: Shop, stripe_sandbox: SandboxControls
):
    theirs, vague, expired = shop.buy("alice"), shop.buy("bob"), shop.start("carol")
    stripe_sandbox.edit(theirs.stripe_session_id or "", success_url="https://other.example.com/checkout")
    stripe_sandbox.edit(vague.stripe_session_id or "", metadata={"purchase_id": str(vague.id)})
    stripe_sandbox.edit(expired.stripe_session_id or "", status="expired")
    lose_everything_sold()
    assert "0 sales at Stripe" in recover()
    assert not Purchase.objects.exists()


def test_a_lost_package_is_told_and_another_price_is_no_price_of_ours(
    shop: Shop, stripe_sandbox: SandboxControls
):
    sold = shop.buy("alice")
    lose_everything_sold()
    PackagePublication.objects.filter(package_id="basic").update(price_cents=1)
    recover()
    assert Purchase.objects.get(id=sold.id).stripe_price_id == ""

    lose_everything_sold()
    with as_owner():
        PackagePublication.objects.filter(package_id="basic").delete()
        Package.objects.filter(code="basic").delete()
    assert "NOT made" in recover(status=1)


def test_more_sales_than_are_read_are_no_recovery_of_a_part(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    for name in ("alice", "bob"):
        shop.buy(name)
    lose_everything_sold()
    monkeypatch.setattr(stripe_lists, "LIST_PAGES_MAX", 1)
    monkeypatch.setattr(stripe_lists, "LIST_PAGE_SIZE", 1)
    with pytest.raises(CommandError, match="too many objects since then"):
        recover()
    assert not Purchase.objects.exists()

    monkeypatch.setattr(stripe_lists, "LIST_PAGES_MAX", 2)
    assert "2 made again" in recover()


def test_without_stripe_it_says_so(shop: Shop, stripe_sandbox: SandboxControls):
    stripe_sandbox.fail_next(10, status=500)
    with pytest.raises(CommandError, match="Repeat this"):
        recover()
    stripe_sandbox.stop_failing()


@pytest.mark.django_db
def test_an_account_is_opened_again_as_it_was_or_found_where_it_is():
    now = timezone.now() - timedelta(minutes=1)
    user_id = uuid.uuid4()
    by_email = reopen_account(user_id=user_id, document_id=str(user_id), email="A@example.com", now=now)
    assert (by_email.id, by_email.email, by_email.has_usable_password()) == (user_id, "a@example.com", False)
    assert wallet_of(user_id).document_id == str(user_id)
    assert reopen_account(user_id=user_id, document_id=str(user_id), email="", now=now).id == user_id

    taken = uuid.uuid4()
    assert reopen_account(user_id=taken, document_id=str(taken), email="a@example.com", now=now).email is None

    lost = uuid.uuid4()
    by_uid = reopen_account(user_id=lost, document_id="uid-1", email="b@example.com", now=now)
    assert (by_uid.id, by_uid.firebase_uid, by_uid.email) == (lost, "uid-1", None)
    assert wallet_of(lost).document_id == "uid-1"
    assert reopen_account(user_id=uuid.uuid4(), document_id="uid-1", email="", now=now).id == lost
