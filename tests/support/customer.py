"""A customer of the running product: calls its site and API over HTTP, and watches the balance in Firestore."""

import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.test import Client
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from identity.models import User
from payments.models import Purchase
from tokens.models import Posting
from tokens.queries.wallets import WalletState, wallet_of

ANSWER_SECONDS_MAX = 20.0
SIGHT_SECONDS_MAX = 45.0
FORM_PAGE = "/buy-tokens"


@dataclass(frozen=True)
class Sight:
    """A balance that Firestore showed, and when by `time.monotonic`."""

    at: float
    balance: int
    version: int


class Sights:
    """Every state of a wallet's document that Firestore told a listener, in the order in which it was told."""

    def __init__(self) -> None:
        self.seen: list[Sight] = []
        self._changed = threading.Condition()

    def hear(self, documents: list[Any], _changes: object, _read_at: object) -> None:
        """What Firestore's client calls, in a thread of its own."""
        with self._changed:
            shown = [document.to_dict() for document in documents if document.exists]
            now = time.monotonic()
            self.seen += [Sight(now, each["tokenBalance"], each["walletVersion"]) for each in shown]
            self._changed.notify_all()

    def wait_for(self, balance: int, *, seconds_max: float = SIGHT_SECONDS_MAX) -> Sight:
        """Wait until this balance was shown; give its first sight."""

        def found() -> list[Sight]:
            return [sight for sight in self.seen if sight.balance == balance]

        with self._changed:
            assert self._changed.wait_for(lambda: bool(found()), seconds_max), (balance, self.seen)
            return found()[0]

    @property
    def balances(self) -> list[int]:
        """The balances in order."""
        return [sight.balance for sight in self.seen]

    def check(self, wallet: WalletState) -> None:
        """Assert that each balance was one that existed, that none went back, and that the last is today's."""
        entries = Posting.objects.filter(account_id=wallet.account_id).values_list(
            "wallet_version", "balance_after"
        )
        existed = dict(entries)
        versions = [sight.version for sight in self.seen]
        assert versions == sorted(versions), self.seen
        for sight in self.seen:
            if sight.version in existed:
                assert sight.balance == existed[sight.version], sight
            else:
                assert sight.balance in {0, *existed.values()}, sight
        assert (versions[-1], self.balances[-1]) == (wallet.version, wallet.balance)


class Customer:
    """Somebody signed in at the product whose address is `url`."""

    def __init__(self, url: str, user: User, *, keep_alive: bool = True) -> None:
        self.user = user
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        if not keep_alive:  # a connection kept may be closed by its server just when it is used again
            self._session.headers["Connection"] = "close"
        client = Client()
        client.force_login(user)
        self._session.cookies.set(settings.SESSION_COOKIE_NAME, str(client.session.session_key))

    @property
    def wallet(self) -> WalletState:
        """The wallet as the database has it."""
        return wallet_of(self.user.id)

    def get(self, path: str) -> requests.Response:
        """Look at a page, or ask the API."""
        return self._session.get(f"{self._url}{path}", timeout=ANSWER_SECONDS_MAX)

    def post_purchase(self, package: str = "basic", *, key: str = "") -> requests.Response:
        """Ask the API to start a purchase."""
        if settings.CSRF_COOKIE_NAME not in self._session.cookies:
            self.get(FORM_PAGE)
        headers = {
            "Idempotency-Key": key or str(uuid.uuid4()),
            "X-CSRFToken": self._session.cookies[settings.CSRF_COOKIE_NAME],
        }
        return self._session.post(
            f"{self._url}/api/tokens/purchases",
            json={"package": package},
            headers=headers,
            timeout=ANSWER_SECONDS_MAX,
        )

    def start(self, package: str = "basic", *, key: str = "") -> Purchase:
        """Start a purchase, up to the Checkout page."""
        answer = self.post_purchase(package, key=key)
        assert answer.status_code == requests.codes.created, answer.text
        return Purchase.objects.get(id=answer.json()["id"])

    def close(self) -> None:
        """Leave."""
        self._session.close()

    @contextmanager
    def watching(self) -> Generator[Sights]:
        """Watch the balance as the customer's app does, from now on."""
        client = firestore.Client(
            project=settings.GOOGLE_CLOUD_PROJECT,
            database=settings.FIRESTORE_DATABASE,
            credentials=AnonymousCredentials(),
        )
        sights = Sights()
        watch = client.document(f"users/{self.wallet.document_id}").on_snapshot(sights.hear)
        try:
            yield sights
        finally:
            watch.unsubscribe()
            client.close()


Enter = Callable[[str], Customer]
