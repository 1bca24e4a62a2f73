"""What happens to a payment after it was made, told in some order, some number of times; and how it has to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings
from django.utils import timezone
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from mirror.services.dispatch import deliver_due
from payments.models import Purchase
from payments.services import inbox
from payments.services.catalogue import publish_package
from sandbox.stripe.client import Order
from tests.support.shop import Shop
from tokens.kinds import PackageTerms
from tokens.models import Posting
from tokens.queries.wallets import WalletState

TOKENS, BONUS, PRICE = 1000, 100, 999


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
        publish_package(code="thousand", terms=terms, now=timezone.now())

    def buy(self, card: str = "4242424242424242") -> str:
        """Buy the package of a thousand; answer its payment intent at Stripe. It may not be told yet."""
        purchase = self.shop.start("alice", "thousand")
        self.purchases.append(purchase)
        paid = self.shop.stripe.pay(str(purchase.stripe_session_id), card)
        return str(paid.session["payment_intent"])

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
