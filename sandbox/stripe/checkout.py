"""Checkout sessions as they live: opened, paid or declined, expired. Pages, controls and time come here."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe.balance import Balance
from sandbox.stripe.cards import Card
from sandbox.stripe.clock import Clock
from sandbox.stripe.debits import BankDebits, BankPayer
from sandbox.stripe.disputes import Disputes
from sandbox.stripe.errors import ApiError, ControlError
from sandbox.stripe.events import EventLog
from sandbox.stripe.kinds import NOBODY, Origin, StripeObject
from sandbox.stripe.objects.customer import customer as new_customer
from sandbox.stripe.objects.payments import (
    billing_details,
    card_details,
    charge,
    payment_error,
    payment_intent,
    payment_method,
)
from sandbox.stripe.objects.session import customer_details, session
from sandbox.stripe.store import Store

KIND = "checkout.session"


@dataclass(frozen=True)
class Payer:
    """What a person types on the pay page."""

    card: Card
    exp_month: int
    exp_year: int
    email: str
    name: str
    country: str | None = None


@dataclass(frozen=True)
class Attempt:
    """How an attempt to pay ended; `message` is what the buyer is told when the card was declined."""

    paid: bool
    session: StripeObject
    message: str | None = None
    decline_code: str | None = None


class Checkout:
    """Verbs on sessions; each is one transaction with its events inside."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        events: EventLog,
        public_url: str,
        balance: Balance,
        disputes: Disputes,
    ) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._public_url = public_url
        self._balance = balance
        self._disputes = disputes
        self.debits = BankDebits(store, clock, events, balance)

    def open(
        self, given: dict[str, Any], items: list[StripeObject], customer: StripeObject | None
    ) -> StripeObject:
        """Open a session over these line items; `given` are the parameters as the route has read them."""
        amount = sum(item["amount_total"] for item in items)
        opened = session(
            amount=amount,
            currency=items[0]["currency"],
            customer=customer,
            given=given,
            expires_at=given["expires_at"],
            now=self._clock.now(),
        )
        opened["url"] = f"{self._public_url}/pay/{opened['id']}"
        with self._store.transaction():
            self._store.add(opened, private={"payment_intent_data": given["payment_intent_data"]})
            for item in items:
                self._store.add(item, parent=opened["id"])
        return opened

    def find(self, session_id: str) -> StripeObject | None:
        """Return a session as it stands now: one whose time is over is expired first."""
        found = self._store.find(session_id, KIND)
        if found is not None and found["status"] == "open" and found["expires_at"] <= self._clock.now():
            self.expire_due()
            found = self._store.find(session_id, KIND)
        return found

    def pay(self, session_id: str, payer: Payer, origin: Origin = NOBODY) -> Attempt:
        """Try the card once.

        Raises:
            ControlError: 404 without such a session, 409 when it is not open (any more).
        """
        with self._store.transaction():
            found = self._find_open(session_id, "card")
            self._welcome(found, payer, origin)
            intent = self._intent_of(found, origin)
            billing = billing_details(email=payer.email, name=payer.name, country=payer.country)
            method = payment_method(
                card=payer.card,
                exp_month=payer.exp_month,
                exp_year=payer.exp_year,
                billing=billing,
                customer=None,
                now=self._clock.now(),
            )
            decline = payer.card.decline
            attempt = charge(
                intent=intent,
                method=method,
                details=card_details(method, intent["amount"], paid=decline is None),
                decline=decline,
                now=self._clock.now(),
            )
            if decline is None:
                attempt["balance_transaction"] = self._balance.charged(attempt)
            self._store.add(method)
            self._store.add(attempt, private={"refund_fate": payer.card.refund_fate})
            if decline is not None:
                return self._refuse(found, intent, method, attempt, payer, origin)
            ended = self._settle(found, intent, method, attempt, payer, origin)
            self._disputes.begin_as_fated(attempt, payer.card)
            return ended

    def debit(self, session_id: str, payer: BankPayer, origin: Origin = NOBODY) -> StripeObject:
        """Pay by bank debit: the session completes now, and the bank decides later.

        Raises:
            ControlError: 404 without such a session, 409 when it is not open (any more) or takes no debits.
        """
        with self._store.transaction():
            found = self._find_open(session_id, "us_bank_account")
            self._welcome(found, payer, origin)
            self.debits.begin(found, self._intent_of(found, origin), payer, origin)
            return found

    def _find_open(self, session_id: str, method: str) -> StripeObject:
        found = self.find(session_id)
        if found is None:
            raise ControlError(f"No such session: {session_id}", status=404)
        if found["status"] != "open":
            raise ControlError(f"The session is {found['status']}.", status=409)
        if method not in found["payment_method_types"]:
            raise ControlError(f"The session takes no {method}.", status=409)
        return found

    def _welcome(self, found: StripeObject, payer: Payer | BankPayer, origin: Origin) -> None:
        """A session that always creates a customer does so with the first attempt."""
        if found["customer_creation"] != "always" or found["customer"]:
            return
        created = new_customer(now=self._clock.now()) | {"email": payer.email, "name": payer.name}
        self._store.add(created)
        self._events.emit("customer.created", created, origin=origin)
        found["customer"] = created["id"]

    def _intent_of(self, found: StripeObject, origin: Origin) -> StripeObject:
        """The intent is created by the first attempt and kept for the next ones."""
        if found["payment_intent"]:
            intent = self._store.find(found["payment_intent"], "payment_intent")
            assert intent is not None
            return intent
        intent = payment_intent(
            amount=found["amount_total"],
            currency=found["currency"],
            customer=found["customer"],
            methods=found["payment_method_types"],
            extras=self._store.private(found["id"])["payment_intent_data"],
            now=self._clock.now(),
        )
        self._store.add(intent)
        self._events.emit("payment_intent.created", intent, origin=origin)
        found["payment_intent"] = intent["id"]
        return intent

    def _settle(
        self,
        found: StripeObject,
        intent: StripeObject,
        method: StripeObject,
        attempt: StripeObject,
        payer: Payer,
        origin: Origin,
    ) -> Attempt:
        intent |= {
            "amount_received": intent["amount"],
            "last_payment_error": None,
            "latest_charge": attempt["id"],
            "payment_method": method["id"],
            "status": "succeeded",
        }
        found |= {
            "customer_details": customer_details(email=payer.email, name=payer.name, country=payer.country),
            "payment_status": "paid",
            "status": "complete",
            "url": None,
        }
        self._store.save(intent)
        self._store.save(found)
        self._events.emit("charge.succeeded", attempt, origin=origin)
        self._events.emit("payment_intent.succeeded", intent, origin=origin)
        self._events.emit("checkout.session.completed", found, origin=origin)
        return Attempt(paid=True, session=found)

    def _refuse(
        self,
        found: StripeObject,
        intent: StripeObject,
        method: StripeObject,
        attempt: StripeObject,
        payer: Payer,
        origin: Origin,
    ) -> Attempt:
        decline = payer.card.decline
        assert decline is not None
        intent |= {
            "last_payment_error": payment_error(decline, attempt["id"], method),
            "latest_charge": attempt["id"],
            "status": "requires_payment_method",
        }
        self._store.save(intent)
        self._store.save(found)
        self._events.emit("charge.failed", attempt, origin=origin)
        self._events.emit("payment_intent.payment_failed", intent, origin=origin)
        return Attempt(
            paid=False,
            session=found,
            message=decline.message,
            decline_code=decline.decline_code or decline.code,
        )

    def expire(self, session_id: str, origin: Origin = NOBODY) -> StripeObject:
        """End an open session; its unpaid intent is canceled with it.

        Raises:
            ApiError: the session is not open.
        """
        with self._store.transaction():
            found = self._store.find(session_id, KIND)
            if found is None or found["status"] != "open":
                status = found["status"] if found else "unknown"
                raise ApiError(
                    'Only Checkout Sessions with a status in ["open"] can be expired.'
                    f" This Checkout Session has a status of {status}."
                )
            return self._end(found, origin)

    def _end(self, found: StripeObject, origin: Origin) -> StripeObject:
        found |= {"status": "expired", "url": None}
        self._store.save(found)
        self._events.emit("checkout.session.expired", found, origin=origin)
        intent = self._store.find(found["payment_intent"]) if found["payment_intent"] else None
        if intent is not None:
            intent |= {
                "canceled_at": self._clock.now(),
                "cancellation_reason": "expired",
                "status": "canceled",
            }
            self._store.save(intent)
            self._events.emit("payment_intent.canceled", intent, origin=origin)
        return found

    def expire_due(self) -> int:
        """End every open session whose time is over; return how many."""
        with self._store.transaction():
            due = self._store.rows(
                "SELECT id FROM objects WHERE kind = 'checkout.session'"
                " AND json_extract(body, '$.status') = 'open' AND json_extract(body, '$.expires_at') <= ?",
                (self._clock.now(),),
            )
            for row in due:
                self.expire(row["id"])
            return len(due)
