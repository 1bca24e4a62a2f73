"""The steady load: people who come, buy, and dispute, and a service that spends, holds and grants.

Whatever is not answered is asked again under its key until somebody says yes or no.
"""

import contextlib
import heapq
import itertools
import random
import threading
import time
import uuid
from collections.abc import Callable

from sandbox.stripe.client import SandboxControls, SandboxRefused
from tests.chaos import limits
from tests.chaos.calls import NO_ANSWER, Answer, Calls, send
from tests.chaos.habits import IN_USE, MIX, PACKAGES, REFUSALS, THREADS, Customer
from tests.chaos.told import Kind, Operation, Outcome, Told


class People:
    """Eight threads that do one thing after the other, together at a steady rate."""

    def __init__(self, calls: Calls, stripe: SandboxControls, told: Told, *, rate: float, seed: int) -> None:
        self._calls, self._stripe, self._told = calls, stripe, told
        self._chance = random.Random(f"{seed}:people")
        self._pace = 1.0 / rate
        self._lock = threading.Lock()
        self._next_at = 0.0
        self._customers: list[Customer] = []
        self._open_holds: list[Operation] = []
        self._open_disputes: list[str] = []
        self._again: list[tuple[float, int, Operation]] = []
        self._numbers = itertools.count()
        self._is_closing, self._is_over = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._live, name=f"people {n}") for n in range(THREADS)]
        self.failures: list[BaseException] = []

    def start(self) -> None:
        """Begin."""
        self._next_at = time.monotonic()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Begin nothing new; what is in doubt is still asked again."""
        self._is_closing.set()

    def stop(self) -> None:
        """End."""
        self._is_closing.set()
        self._is_over.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self.raise_failure()

    def raise_failure(self) -> None:
        """Raise what has ended one of the threads: without them there is no load."""
        if self.failures:
            raise self.failures[0]

    @property
    def doubtful(self) -> int:
        """How many operations wait to be asked for again."""
        with self._lock:
            return len(self._again)

    def sessions_paid(self, count: int) -> list[str]:
        """The newest Checkout sessions that were paid, of as many customers."""
        with self._lock:
            return [each.paid[-1] for each in self._customers if each.paid][-count:]

    def hurry(self) -> None:
        """Ask again at once for all that is in doubt."""
        with self._lock:
            self._again = [(0.0, number, operation) for _, number, operation in self._again]

    # Time

    def _live(self) -> None:
        try:
            while not self._is_over.is_set():
                if (operation := self._take_due()) is not None:
                    self.ask(operation)
                elif self._is_closing.is_set():
                    self._is_over.wait(limits.POLL_SECONDS)
                elif self._is_my_turn():
                    self._do_something()
        except BaseException as error:  # noqa: BLE001 - told by `stop`: the campaign is worth nothing then
            self.failures.append(error)

    def _take_due(self) -> Operation | None:
        with self._lock:
            if self._again and self._again[0][0] <= time.monotonic():
                return heapq.heappop(self._again)[2]
        return None

    def _is_my_turn(self) -> bool:
        """Wait for the next moment of the steady rate; moments that nobody had time for are gone."""
        with self._lock:
            now = time.monotonic()
            self._next_at = max(self._next_at + self._pace, now - self._pace)
            pause = self._next_at - now
        return not self._is_over.wait(max(0.0, pause))

    def _do_something(self) -> None:
        with self._lock:
            what = self._chance.choices(list(MIX), list(MIX.values()))[0]
        deeds: dict[str, Callable[[], None]] = {
            "buy": self._buy,
            "spend": self._spend,
            "hold": self._hold,
            "end_hold": self._end_hold,
            "grant": self._grant,
            "look": self._look,
            "refund": self._refund,
            "dispute": self._dispute,
            "decide_dispute": self._decide_dispute,
        }
        deeds[what]()

    # Asking

    def _new(self, kind: Kind, user: str, amount: int = 0, subject: str = "") -> None:
        self.ask(self._told.add(Operation(str(uuid.uuid4()), kind, user, amount, subject)))

    def ask(self, operation: Operation) -> None:
        """Ask for an operation, and note what is answered: what is in doubt is asked for again."""
        operation.tries += 1
        answer = send(self._calls, operation)
        self._told.count(answer.status)
        if answer.status in (200, 201):
            self._told.acknowledge(operation, answer.body)
            self._go_on(operation)
        elif answer.status == NO_ANSWER or answer.status >= 500:
            operation.unanswered_at = time.monotonic()
            self._ask_again(operation, limits.RETRY_SECONDS)
        elif answer.code == IN_USE:
            self._ask_again(operation, limits.IN_USE_RETRY_SECONDS)
        else:
            self._hear_no(operation, answer)

    def _hear_no(self, operation: Operation, answer: Answer) -> None:
        """A no is final only once no try of before can still be on its way to a yes.

        What nobody may be told is noted at once, however: a no of another kind, and any after a yes.
        """
        if answer.code not in REFUSALS:
            self._told.accuse(f"{operation.kind} {operation.key}: {answer.status} {answer.body}")
        may_be_late = operation.unanswered_at + limits.LATE_SECONDS > time.monotonic()
        if may_be_late and operation.outcome is Outcome.DOUBTFUL:
            self._ask_again(operation, limits.IN_USE_RETRY_SECONDS)
        else:
            self._told.refuse(operation, answer.body)

    def _ask_again(self, operation: Operation, seconds: float) -> None:
        with self._lock:
            heapq.heappush(self._again, (time.monotonic() + seconds, next(self._numbers), operation))

    def _go_on(self, operation: Operation) -> None:
        """What follows from a yes; sometimes the same is asked for once more."""
        if operation.tries == 1 and self._happens(limits.REPLAY_SHARE):
            self._ask_again(operation, limits.RETRY_SECONDS)
        if operation.is_followed:
            return
        operation.is_followed = True
        if operation.kind is Kind.PURCHASE:
            self._pay(operation)
        elif operation.kind is Kind.HOLD:
            with self._lock:
                self._open_holds.append(operation)
        elif operation.kind in (Kind.SPEND, Kind.GRANT):
            self._note_seq(operation.user, operation.answer["seq"])

    # Deeds

    def _happens(self, share: float) -> bool:
        with self._lock:
            return self._chance.random() < share

    def _number(self, most: int) -> int:
        with self._lock:
            return self._chance.randint(1, most)

    def _pick(self, fits: Callable[[Customer], bool] = lambda _customer: True) -> Customer | None:
        with self._lock:
            fitting = [customer for customer in self._customers[-200:] if fits(customer)]
            return self._chance.choice(fitting) if fitting else None

    def _note_seq(self, uid: str, seq: int) -> None:
        with self._lock:
            customer = next(each for each in self._customers if each.uid == uid)
            customer.seq = max(customer.seq, seq)

    def _come(self) -> None:
        """Somebody new signs in: that opens an account and a wallet."""
        uid = f"uid-{uuid.uuid4().hex[:20]}"
        answer = self._calls.as_customer(uid, "GET", "/api/tokens/balance")
        if answer.status == 200:
            with self._lock:
                self._customers.append(Customer(uid))

    def _buy(self) -> None:
        customer = self._pick(lambda each: each.purchases < limits.PURCHASES_OF_CUSTOMER_MAX)
        if customer is None or self._happens(1 / limits.PURCHASES_OF_CUSTOMER_MAX):
            self._come()
            return
        customer.purchases += 1
        with self._lock:
            package = self._chance.choice(PACKAGES)
        self._new(Kind.PURCHASE, customer.uid, subject=package)

    def _pay(self, operation: Operation) -> None:
        if self._happens(limits.ABANDONED_SHARE) or not operation.answer["checkout_url"]:
            return  # without a page there is nothing to pay: Stripe has refused the session
        session = operation.answer["checkout_url"].rpartition("/")[2]
        try:
            self._stripe.pay(session)
        except SandboxRefused:  # the session has expired
            return
        with self._lock:
            customer = next(each for each in self._customers if each.uid == operation.user)
            customer.paid.append(session)

    def _spend(self) -> None:
        if customer := self._pick(lambda each: bool(each.paid)):
            self._new(Kind.SPEND, customer.uid, self._number(limits.SPEND_TOKENS_MAX))

    def _grant(self) -> None:
        if customer := self._pick():
            self._new(Kind.GRANT, customer.uid, self._number(limits.SPEND_TOKENS_MAX))

    def _hold(self) -> None:
        if customer := self._pick(lambda each: bool(each.paid)):
            self._new(Kind.HOLD, customer.uid, self._number(limits.SPEND_TOKENS_MAX))

    def _end_hold(self) -> None:
        with self._lock:
            if not self._open_holds:
                return
            hold = self._open_holds.pop(self._chance.randrange(len(self._open_holds)))
        if self._happens(0.3):
            self._new(Kind.RELEASE, hold.user, subject=hold.answer["id"])
        else:
            self._new(Kind.CAPTURE, hold.user, self._number(hold.amount), hold.answer["id"])

    def _look(self) -> None:
        """Whoever was told of an entry sees it."""
        customer = self._pick()
        if customer is None:
            return
        seq = customer.seq
        answer = self._calls.as_customer(customer.uid, "GET", "/api/tokens/balance")
        if answer.status == 200 and answer.body["seq"] < seq:
            self._told.accuse(f"{customer.uid} sees entries to {answer.body['seq']}, and was told of {seq}")

    def _refund(self) -> None:
        customer = self._pick(lambda each: bool(each.paid) and each.refunds < limits.REFUNDS_OF_CUSTOMER_MAX)
        if customer is None:
            return
        customer.refunds += 1
        is_bounced = self._happens(0.2)
        amount = 100 * self._number(4) if self._happens(0.7) else None
        try:
            refund = self._stripe.refund(customer.paid[-1], amount, status="pending" if is_bounced else None)
        except SandboxRefused:  # more than is left of it
            return
        self._told.refunds.append(refund["id"])
        if is_bounced:
            with contextlib.suppress(SandboxRefused):  # its bank was quicker
                self._stripe.end_refund(refund["id"], "failed")

    def _dispute(self) -> None:
        customer = self._pick(lambda each: bool(each.paid) and not each.is_disputing)
        if customer is None:
            return
        customer.is_disputing = True
        try:
            dispute = self._stripe.dispute(customer.paid[-1])
        except SandboxRefused:  # it has been given back
            return
        self._told.disputes.append(dispute["id"])
        with self._lock:
            self._open_disputes.append(dispute["id"])

    def _decide_dispute(self) -> None:
        with self._lock:
            dispute = self._open_disputes.pop(0) if self._open_disputes else None
        if dispute:
            with contextlib.suppress(SandboxRefused):  # it cannot be decided so any more
                self._stripe.move_dispute(dispute, "lose" if self._happens(0.3) else "win")
