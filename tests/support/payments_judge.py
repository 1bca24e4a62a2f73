"""Judges the ledger by Stripe's own lists of what was paid, and of what we were told and said yes to."""

from collections import Counter
from uuid import UUID

from payments.kinds import PurchaseStatus
from payments.models import Purchase
from sandbox.stripe.client import SandboxControls
from sandbox.stripe.kinds import DeliveryState
from tokens.kinds import EntryType
from tokens.models import Entry, Posting
from tokens.queries.wallets import wallet_of

PAID = "checkout.session.completed"


def paid_at_stripe(stripe: SandboxControls) -> Counter[UUID]:
    """The purchases whose Checkout sessions Stripe calls paid, and how often it took money for each."""
    sessions = [event["data"]["object"] for event in stripe.events(event_type=PAID)]
    return Counter(UUID(each["client_reference_id"]) for each in sessions if each["payment_status"] == "paid")


def credited() -> Counter[UUID | None]:
    """The purchases that the ledger has credited, and how often."""
    return Counter(Entry.objects.filter(type=EntryType.PURCHASE).values_list("purchase_id", flat=True))


def acknowledged(stripe: SandboxControls) -> set[UUID]:
    """The purchases whose payment we were told of, and answered that all is well."""
    said_yes = {
        delivery.event
        for delivery in stripe.deliveries(event_type=PAID)
        if delivery.state == DeliveryState.DELIVERED
    }
    return {
        UUID(event["data"]["object"]["client_reference_id"])
        for event in stripe.events(event_type=PAID)
        if event["id"] in said_yes
    }


def assert_nothing_acknowledged_is_lost(stripe: SandboxControls) -> None:
    """Whatever was answered with a yes is in the ledger, and nothing is there twice or unpaid."""
    known = credited()
    assert acknowledged(stripe) <= known.keys()
    assert known.keys() <= paid_at_stripe(stripe).keys()
    assert set(known.values()) <= {1}


def assert_all_credited_once(stripe: SandboxControls) -> None:
    """What Stripe calls paid is credited, once each; it was told of all, and every buyer has the tokens."""
    paid = paid_at_stripe(stripe)
    assert paid
    assert credited() == paid
    assert acknowledged(stripe) == paid.keys()
    owed: Counter[UUID] = Counter()
    for purchase in Purchase.objects.filter(id__in=paid):
        assert purchase.status == PurchaseStatus.SETTLED
        owed[purchase.buyer_id] += purchase.tokens + purchase.bonus_tokens
    for buyer_id, tokens in owed.items():
        wallet = wallet_of(buyer_id)
        assert wallet.balance == tokens
        assert Posting.objects.filter(account_id=wallet.account_id).count() == wallet.seq
