"""Bank debits: the session completes unpaid, and the bank pays or refuses days later. Time and controls end them."""

from dataclasses import dataclass

from sandbox.stripe.balance import Balance
from sandbox.stripe.banks import FAILURES, POOR, BankAccount, DebitFailure, Fate
from sandbox.stripe.cards import RefundFate
from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import ControlError
from sandbox.stripe.events import EventLog
from sandbox.stripe.kinds import NOBODY, Origin, StripeObject
from sandbox.stripe.limits import BANK_DEBIT_SECONDS
from sandbox.stripe.objects.bank import bank_payment_method, debit_error, failed, pending_charge, settled
from sandbox.stripe.objects.payments import billing_details
from sandbox.stripe.objects.session import customer_details
from sandbox.stripe.store import Store

_DUE = (
    "SELECT id FROM objects WHERE kind = 'charge' AND json_extract(body, '$.status') = 'pending'"
    " AND created <= ? ORDER BY created, seq"
)
_SESSION_OF = (
    "SELECT id FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.payment_intent') = ?"
)


@dataclass(frozen=True)
class BankPayer:
    """What a person types on the pay page's other half."""

    account: BankAccount
    email: str
    name: str
    country: str | None = "US"


@dataclass(frozen=True)
class _Debit:
    """One debit's objects."""

    session: StripeObject
    intent: StripeObject
    charge: StripeObject


class BankDebits:
    """Verbs on debits; each is one transaction with its events inside."""

    def __init__(self, store: Store, clock: Clock, events: EventLog, balance: Balance) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._balance = balance

    def begin(self, session: StripeObject, intent: StripeObject, payer: BankPayer, origin: Origin) -> None:
        """Ask the bank for an open session's money; the session is complete, and not paid."""
        now = self._clock.now()
        billing = billing_details(email=payer.email, name=payer.name, country=payer.country)
        method = bank_payment_method(account=payer.account, billing=billing, customer=None, now=now)
        charge = pending_charge(intent=intent, method=method, now=now)
        failure = payer.account.failure
        fate = {
            "fate": payer.account.fate,
            "failure": failure.code if failure else None,
            "refund_fate": RefundFate.WAITS,
        }
        self._store.add(method)
        self._store.add(charge, private=fate)
        intent |= {
            "last_payment_error": None,
            "latest_charge": charge["id"],
            "payment_method": method["id"],
            "status": "processing",
        }
        session |= {
            "customer_details": customer_details(email=payer.email, name=payer.name, country=payer.country),
            "status": "complete",
            "url": None,
        }
        self._store.save(intent)
        self._store.save(session)
        self._events.emit("charge.pending", charge, origin=origin)
        self._events.emit("payment_intent.processing", intent, origin=origin)
        self._events.emit("checkout.session.completed", session, origin=origin)

    def settle(self, session_id: str) -> StripeObject:
        """Have the bank pay now.

        Raises:
            ControlError: 404 without such a session, 409 when no debit of it is under way.
        """
        with self._store.transaction():
            debit = self._find(session_id)
            if debit.charge["status"] != "pending":
                raise ControlError(f"The debit has {debit.charge['status']}.", status=409)
            return self._settle(debit)

    def fail(self, session_id: str, code: str = POOR.code) -> StripeObject:
        """Have the bank refuse: now, or late, after it had paid, which takes the money back.

        Raises:
            ControlError: 404 without such a session, 409 when its debit has failed or there is none.
        """
        failure = FAILURES.get(code)
        if failure is None:
            raise ControlError(f"code must be one of {', '.join(FAILURES)}")
        with self._store.transaction():
            debit = self._find(session_id)
            if debit.charge["status"] == "failed":
                raise ControlError("The debit has failed.", status=409)
            return self._fail(debit, failure)

    def end_due(self) -> int:
        """End each debit whose bank has had its days, as its account is fated; return how many."""
        ended = 0
        with self._store.transaction():
            for row in self._store.rows(_DUE, (self._clock.now() - BANK_DEBIT_SECONDS,)):
                fate = self._store.private(row["id"])
                debit = self._of_charge(row["id"])
                if fate["fate"] == Fate.SETTLES:
                    self._settle(debit)
                elif fate["fate"] == Fate.FAILS:
                    self._fail(debit, FAILURES[fate["failure"]])
                ended += fate["fate"] != Fate.WAITS
        return ended

    def status(self, session: StripeObject) -> str:
        """How the session's bank debit stands: pending, succeeded or failed; nothing if it has none."""
        charge = self._charge_of(session)
        return str(charge["status"]) if charge else ""

    def _charge_of(self, session: StripeObject) -> StripeObject | None:
        intent = self._store.find(session["payment_intent"]) if session["payment_intent"] else None
        charge = self._store.find(intent["latest_charge"]) if intent and intent["latest_charge"] else None
        is_debit = charge is not None and charge["payment_method_details"]["type"] == "us_bank_account"
        return charge if is_debit else None

    def _find(self, session_id: str) -> _Debit:
        session = self._store.find(session_id, "checkout.session")
        if session is None:
            raise ControlError(f"No such session: {session_id}", status=404)
        charge = self._charge_of(session)
        if charge is None:
            raise ControlError("The session is not paid by bank debit.", status=409)
        return self._of_charge(charge["id"])

    def _of_charge(self, charge_id: str) -> _Debit:
        charge = self._store.find(charge_id)
        assert charge is not None
        intent = self._store.find(charge["payment_intent"])
        row = self._store.row(_SESSION_OF, (charge["payment_intent"],))
        assert intent is not None
        assert row is not None
        session = self._store.find(row["id"])
        assert session is not None
        return _Debit(session, intent, charge)

    def _settle(self, debit: _Debit) -> StripeObject:
        charge = settled(debit.charge) | {"balance_transaction": self._balance.charged(debit.charge)}
        intent = debit.intent | {"amount_received": debit.intent["amount"], "status": "succeeded"}
        session = debit.session | {"payment_status": "paid"}
        for changed in (charge, intent, session):
            self._store.save(changed)
        self._events.emit("charge.succeeded", charge, origin=NOBODY)
        self._events.emit("payment_intent.succeeded", intent, origin=NOBODY)
        self._events.emit("checkout.session.async_payment_succeeded", session, origin=NOBODY)
        return session

    def _fail(self, debit: _Debit, failure: DebitFailure) -> StripeObject:
        charge = failed(debit.charge, failure)
        method = self._store.find(charge["payment_method"])
        assert method is not None
        intent = debit.intent | {
            "amount_received": 0,
            "last_payment_error": debit_error(failure, charge["id"], method),
            "payment_method": None,
            "status": "requires_payment_method",
        }
        session = debit.session | {"payment_status": "unpaid"}
        for changed in (charge, intent, session):
            self._store.save(changed)
        self._events.emit("charge.failed", charge, origin=NOBODY)
        self._events.emit("payment_intent.payment_failed", intent, origin=NOBODY)
        self._events.emit("checkout.session.async_payment_failed", session, origin=NOBODY)
        return session
