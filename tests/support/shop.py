"""A shop with customers, on the real pieces: the webhook's URL served by a thread, the Stripe sandbox delivering to it.

Workers do not run by themselves in tests; `Shop.drain` does their work now, through the same services.
"""

import uuid
from dataclasses import dataclass, field

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from google.cloud import firestore

from identity.models import User
from identity.services.accounts import open_account_for_email
from mirror.services.dispatch import deliver_due
from payments.models import Purchase
from payments.queries.integrity import find_credit_mismatches, find_reversal_mismatches
from payments.services import inbox, purchases, stripe_sync
from sandbox.stripe.client import Paid, SandboxControls
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import WalletState, wallet_of

PASSWORD = "correct horse battery staple"


def open_customer(name: str) -> User:
    """A customer with a wallet, who signs in as name@example.com with `PASSWORD`."""
    return open_account_for_email(
        email=f"{name}@example.com", password=PASSWORD, now=timezone.now(), email_verified=True
    )


@dataclass
class Shop:
    """The four packages on sale, and what people do with them."""

    stripe: SandboxControls
    webhook_url: str
    people: dict[str, User] = field(default_factory=dict)

    def open(self) -> None:
        """Put the packages on sale and have Stripe know our webhook."""
        self.publish()
        self.stripe.register_endpoint(self.webhook_url, secret=settings.STRIPE_WEBHOOK_SECRETS[0])

    def publish(self) -> None:
        """Put the four packages of the start on sale. Firestore forgets those of the test before."""
        client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
        for document in client.collection("packages").list_documents(timeout=10):
            document.delete(timeout=10)
        client.close()
        call_command("seed_catalog", verbosity=0, stdout=_Nowhere())

    def customer(self, name: str) -> User:
        """The customer of this name, opened the first time."""
        if name not in self.people:
            self.people[name] = open_customer(name)
        return self.people[name]

    def start(self, name: str = "alice", package: str = "basic", key: str = "") -> Purchase:
        """Start a purchase, up to the Checkout page."""
        return purchases.start_purchase(
            buyer_id=self.customer(name).id,
            package_code=package,
            idempotency_key=key or str(uuid.uuid4()),
            now=timezone.now(),
        )

    def pay(self, purchase: Purchase, card: str = "4242424242424242") -> Paid:
        """Pay on the Checkout page and wait until Stripe has told us."""
        assert purchase.stripe_session_id
        paid = self.stripe.pay(purchase.stripe_session_id, card)
        self.stripe.wait_until_idle(ignore_retries=True)
        return paid

    def debit(self, purchase: Purchase, account: str = "000123456789") -> None:
        """Pay by bank debit on the Checkout page and wait until Stripe has told us: the bank decides later."""
        assert purchase.stripe_session_id
        self.stripe.debit(purchase.stripe_session_id, account)
        self.stripe.wait_until_idle(ignore_retries=True)
        purchase.refresh_from_db()

    def buy(self, name: str = "alice", package: str = "basic") -> Purchase:
        """The whole way: started, paid, told."""
        purchase = self.start(name, package)
        self.pay(purchase)
        purchase.refresh_from_db()
        return purchase

    def wallet(self, name: str = "alice") -> WalletState:
        """The customer's wallet now."""
        return wallet_of(self.customer(name).id)

    def drain(self) -> None:
        """Do what workers have to do by now."""
        inbox.process_due_events(now=timezone.now())
        deliver_due(clock=timezone.now)
        stripe_sync.sync_due_events(now=timezone.now())

    def document(self, path: str) -> dict[str, object] | None:
        """A document as Firestore has it."""
        client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
        found: dict[str, object] | None = client.document(path).get(timeout=10).to_dict()
        client.close()
        return found

    def assert_sound(self) -> None:
        """Nothing in the books is wrong."""
        assert find_imbalances() == []
        assert find_credit_mismatches() == []
        assert find_reversal_mismatches() == []


class _Nowhere:
    """Swallows a command's words."""

    def write(self, _text: str) -> int:
        return 0
