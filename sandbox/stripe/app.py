"""One sandbox, put together: its state, its clock, its workers."""

import threading

from sandbox.stripe.balance import Balance
from sandbox.stripe.checkout import Checkout
from sandbox.stripe.clock import Clock
from sandbox.stripe.config import Config
from sandbox.stripe.delivery import Courier
from sandbox.stripe.disputes import Disputes
from sandbox.stripe.events import EventLog
from sandbox.stripe.failures import Failures
from sandbox.stripe.idempotency import IdempotencyKeys
from sandbox.stripe.ids import random_text
from sandbox.stripe.journal import Journal
from sandbox.stripe.kinds import API_VERSION, StripeObject
from sandbox.stripe.limits import TICK_SECONDS
from sandbox.stripe.objects.webhook_endpoint import webhook_endpoint
from sandbox.stripe.queue import DeliveryQueue
from sandbox.stripe.refunds import Refunds
from sandbox.stripe.requests import RequestLog
from sandbox.stripe.store import Store


class Sandbox:
    """What every route works on."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.database)
        self.clock = Clock(self.store)
        self.journal = Journal(config.journal)
        self.queue = DeliveryQueue(self.store, self.clock, config.retry_seconds)
        self.events = EventLog(self.store, self.clock, self.queue)
        self.courier = Courier(self.store, self.events, self.queue, self.journal)
        self.balance = Balance(self.store, self.clock)
        self.refunds = Refunds(self.store, self.clock, self.events, self.balance)
        self.disputes = Disputes(self.store, self.clock, self.events, self.balance)
        self.checkout = Checkout(
            self.store, self.clock, self.events, config.public_url, self.balance, self.disputes
        )
        self.idempotency = IdempotencyKeys(self.store, self.clock)
        self.failures = Failures()
        self.requests = RequestLog()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start delivering, and ending by time what time ends."""
        self.courier.start(self.config.delivery_workers)
        threading.Thread(target=self._tick, name="ticker", daemon=True).start()

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self.pass_time()

    def pass_time(self) -> int:
        """Expire sessions, end bank debits and refunds whose time is over; return how many sessions expired."""
        self.checkout.debits.end_due()
        self.refunds.end_due()
        return self.checkout.expire_due()

    def stop(self) -> None:
        """Stop the workers and close the files."""
        self._stopping.set()
        self.courier.stop()
        self.journal.close()
        self.store.close()

    def reset(self, *, keep_endpoints: bool) -> None:
        """Forget objects, events, deliveries, holds, failures and counts; go back to the machine's time."""
        self.store.wipe(keep_endpoints=keep_endpoints)
        self.clock.forget()
        self.failures.clear()
        self.requests.clear()

    def register_endpoint(self, url: str, secret: str | None, enabled_events: list[str]) -> StripeObject:
        """Make sure that exactly one enabled endpoint has this url, with this secret (None: a new one)."""
        with self.store.transaction():
            for known in self.store.endpoints():
                if known["url"] == url:
                    self.store.remove(known["id"])
            endpoint = webhook_endpoint(
                url=url, enabled_events=enabled_events, api_version=API_VERSION, now=self.clock.now()
            )
            secret = secret or new_secret()
            self.store.add(endpoint, private={"secret": secret})
        return endpoint | {"secret": secret}


def new_secret() -> str:
    """Return a fresh signing secret."""
    return f"whsec_{random_text(32)}"
