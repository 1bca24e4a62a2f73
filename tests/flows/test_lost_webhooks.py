"""Six hours of webhooks are lost; one reconciliation later everything stands as if they had arrived."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mirror.services.dispatch import deliver_due
from payments.models import Discrepancy, InboxEvent, Purchase
from payments.services.reconciliation.runner import available, reconcile
from tests.support.shop import Shop
from tokens.kinds import WalletStatus

HOUR = 3600
# What each has paid for, what became of it, and where that leads: tokens, and whether the wallet is frozen.
STORIES = {
    "alice": ("basic", "keeps", 250, False),
    "bob": ("basic", "refunded", 0, False),
    "carol": ("basic", "refunded in part", 250 - 250 * 600 // 1499, False),
    "dave": ("pro", "disputed", 0, True),
    "erin": ("pro", "won", 600, False),
    "frank": ("starter", "lost", 0, True),
    "grace": ("basic", "refund failed", 250, False),
    "heidi": ("basic", "never paid", 0, False),
}


def happen(shop: Shop, purchases: dict[str, Purchase]) -> None:
    """Six hours at Stripe, of which we are told nothing."""
    paid = {}
    for number, (name, purchase) in enumerate(purchases.items()):
        if STORIES[name][1] != "never paid":
            paid[name] = str(shop.stripe.pay(str(purchase.stripe_session_id)).session["payment_intent"])
        if number == 3:
            shop.stripe.advance_clock(HOUR)
    shop.stripe.refund(paid["bob"])
    shop.stripe.refund(paid["carol"], 600)
    shop.stripe.advance_clock(HOUR)
    disputes = {name: shop.stripe.dispute(paid[name])["id"] for name in ("dave", "erin", "frank")}
    shop.stripe.advance_clock(2 * HOUR)
    failing = shop.stripe.refund(paid["grace"], status="pending")
    shop.stripe.move_dispute(disputes["erin"], "win")
    shop.stripe.advance_clock(HOUR)
    shop.stripe.end_refund(failing["id"], "failed")
    shop.stripe.move_dispute(disputes["frank"], "lose")
    shop.stripe.advance_clock(HOUR)


@pytest.mark.timeout(300)
def test_one_reconciliation_makes_up_for_six_hours_of_lost_webhooks(shop: Shop):
    purchases = {name: shop.start(name, package) for name, (package, *_) in STORIES.items()}
    shop.stripe.drop_next(count=1_000)
    happen(shop, purchases)
    assert not Purchase.objects.filter(status="settled").exists()
    shop.stripe.forget_requests()
    now = timezone.now() + timedelta(hours=6, minutes=10)
    since = now - timedelta(hours=8)

    results = reconcile(names=list(available()), since=since, now=now, repairs=True, is_whole=True)

    assert [result.error for result in results] == [""] * len(results)
    assert [found.key for result in results for found in result.found if not found.is_repaired] == []
    deliver_due(clock=timezone.now)
    for name, (_, _, tokens, is_frozen) in STORIES.items():
        wallet = shop.wallet(name)
        assert (wallet.balance, wallet.debt) == (tokens, 0), name
        assert (wallet.status is WalletStatus.FROZEN) == is_frozen, name
        shown = shop.document(f"users/{wallet.document_id}")
        assert shown
        assert shown["tokenBalance"] == tokens
    statuses = {name: Purchase.objects.get(id=purchase.id).status for name, purchase in purchases.items()}
    assert statuses == dict.fromkeys(STORIES, "settled") | {"heidi": "expired"}
    assert not InboxEvent.objects.exclude(status__in=("processed", "ignored")).exists()
    calls = shop.stripe.requests().total

    again = reconcile(names=list(available()), since=since, now=now, repairs=True, is_whole=True)

    assert [found.key for result in again for found in result.found] == []
    assert not Discrepancy.objects.filter(status="open").exists()
    # Events, sessions, refunds, disputes, the balance and prices, each one page; nothing is asked for singly.
    assert calls == shop.stripe.requests().total - calls == 6
