"""What happens to a payment after it was made, told in some order, some number of times; and how it has to end."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from identity.kinds import SYSTEM_ACTOR
from mirror.services.dispatch import deliver_due
from payments.kinds import InboxStatus
from payments.models import InboxEvent, Purchase
from payments.services import inbox
from payments.services.catalogue import publish_package
from sandbox.stripe.client import Order
from security.models import Alert
from tests.support.shop import Shop
from tokens.kinds import EntryType, PackageTerms, ServiceCall
from tokens.models import Entry, Hold, Posting
from tokens.queries.wallets import WalletState
from tokens.services import holds, spending

TOKENS, BONUS, PRICE = 1000, 100, 999
ALL = TOKENS + BONUS


@dataclass
class Story:
    """A customer's payments and what becomes of them.

    What happens within `told` is told one after the other when it ends: as it happened where `seed` is None, else each
    event twice, in an order of the seed's own.
    """

    shop: Shop
    seed: int | None
    purchases: list[Purchase] = field(default_factory=list)

    @property
    def purchase(self) -> Purchase:
        """The first purchase as it stands now."""
        self.purchases[0].refresh_from_db()
        return self.purchases[0]

    @property
    def wallet(self) -> WalletState:
        """The customer's wallet now."""
        return self.shop.wallet("alice")

    def publish(self, *, currency: str = "usd", price: int = PRICE, bonus: int = BONUS) -> None:
        """Put a package of a thousand on sale."""
        terms = PackageTerms(
            name="Thousand",
            description="",
            tokens=TOKENS,
            bonus_tokens=bonus,
            price_cents=price,
            currency=currency,
            featured=False,
            position=9,
        )
        publish_package(code="thousand", terms=terms, actor=SYSTEM_ACTOR, now=timezone.now())

    def buy(self, card: str = "4242424242424242") -> str:
        """Buy the package of a thousand; answer its payment intent at Stripe. It may not be told yet."""
        purchase = self.shop.start("alice", "thousand")
        self.purchases.append(purchase)
        paid = self.shop.stripe.pay(str(purchase.stripe_session_id), card)
        return str(paid.session["payment_intent"])

    def spend(self, tokens: int) -> None:
        """Have a service spend some of the customer's tokens."""
        user_id = self.shop.customer("alice").id
        spending.spend(user_id=user_id, amount=tokens, call=_call(), now=timezone.now())

    def grant_what_has_expired(self, tokens: int) -> None:
        """Grant tokens as of the day before yesterday, which were good for a day. Nothing has swept them yet."""
        spending.grant(
            user_id=self.shop.customer("alice").id,
            amount=tokens,
            category=EntryType.GRANT,
            call=_call(),
            now=timezone.now() - timedelta(days=2),
            expires_at=timezone.now() - timedelta(days=1),
        )

    def hold(self, tokens: int) -> Hold:
        """Have a service set some of the customer's tokens aside for an hour."""
        user_id, now = self.shop.customer("alice").id, timezone.now()
        return holds.place(
            user_id=user_id, amount=tokens, expires_at=now + timedelta(hours=1), call=_call(), now=now
        )

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have Stripe tell of all that happens within, as this story tells; afterwards all of it is handled."""
        stripe = self.shop.stripe
        stripe.deliver_each(1 if self.seed is None else 2)
        stripe.hold()
        yield
        order: Order = "created" if self.seed is None else "shuffled"
        statuses = stripe.release(order=order, seed=self.seed)
        assert set(statuses) == {200}
        stripe.deliver_each(1)
        self.settle()

    def settle(self) -> None:
        """Wait until all is told, and do what workers have to do."""
        self.shop.stripe.wait_until_idle(ignore_retries=True)
        while inbox.process_due_events(now=timezone.now()):
            pass
        deliver_due(clock=timezone.now)

    def assert_mirrored(self) -> None:
        """Firestore shows the wallet as it is, and each of its entries once."""
        wallet = self.wallet
        shown = self.shop.document(f"users/{wallet.document_id}")
        assert shown is not None
        assert (shown["tokenBalance"], shown["tokenDebt"], shown["tokensHeld"]) == (
            wallet.balance,
            wallet.debt,
            wallet.held,
        )
        assert (shown["walletStatus"], shown["ledgerSeq"], shown["walletVersion"]) == (
            wallet.status.value,
            wallet.seq,
            wallet.version,
        )
        postings = Posting.objects.filter(account_id=wallet.account_id)
        kept = {(str(each.entry_id), each.amount, each.balance_after) for each in postings}
        assert self._documents() == kept

    def _documents(self) -> set[tuple[str, object, object]]:
        client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
        query = client.collection("transactions").where(
            filter=FieldFilter("userId", "==", self.wallet.document_id)
        )
        found = {
            (document.id, document.get("amount"), document.get("balanceAfter"))
            for document in query.stream(timeout=10)
        }
        client.close()
        return found


def _call() -> ServiceCall:
    return ServiceCall("renderer", str(uuid.uuid4()), "Because")


SEEDS = [None, 1, 2]


@pytest.fixture(params=SEEDS, ids=["as-it-happens", "twice-shuffled-1", "twice-shuffled-2"])
def story(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Story]:
    """One customer's story. At its end Firestore shows what the ledger says, and every event is handled."""
    story = Story(shop, request.param)
    story.publish()
    yield story
    story.assert_mirrored()
    assert set(InboxEvent.objects.values_list("status", flat=True)) <= {
        InboxStatus.PROCESSED,
        InboxStatus.IGNORED,
    }


def stand(story: Story) -> tuple[int, int, str, str]:
    """The balance, the debt, whether the wallet is in use, and how the purchase's payment stands."""
    wallet = story.wallet
    return wallet.balance, wallet.debt, wallet.status.value, story.purchase.reversal


def alerts() -> dict[str, int]:
    """The alerts there are, and how often each has counted."""
    return dict(Alert.objects.values_list("kind", "count"))


def amounts(story: Story) -> list[int]:
    """What went into the wallet and out of it, in order."""
    entries = Entry.objects.filter(postings__account_id=story.wallet.account_id)
    return list(entries.order_by("postings__seq").values_list("postings__amount", flat=True))
