"""Disputes as they live: opened by a bank, answered with evidence, won or lost; and what merely warns of them."""

from sandbox.stripe.balance import Balance
from sandbox.stripe.cards import Card
from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import ControlError
from sandbox.stripe.events import EventLog
from sandbox.stripe.kinds import Origin, StripeObject
from sandbox.stripe.limits import EVIDENCE_SECONDS
from sandbox.stripe.objects.dispute import dispute, early_fraud_warning
from sandbox.stripe.store import Store

KIND = "dispute"
#: The evidence that decides a test dispute: https://docs.stripe.com/testing#evidence
WINNING_EVIDENCE = "winning_evidence"
LOSING_EVIDENCE = "losing_evidence"
REASONS = (
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
)
_OPEN = ("needs_response", "under_review")
_INQUIRY = ("warning_needs_response", "warning_under_review")
#: What can become of a dispute, by the word of whoever decides it, and from which of its states.
MOVES = {
    "review": (*_OPEN, *_INQUIRY),
    "win": (*_OPEN, "lost"),
    "lose": _OPEN,
    "withdraw": (*_OPEN, "won", "lost"),
    "reinstate": (*_OPEN, "won", "lost"),
    "escalate": _INQUIRY,
    "drop": _INQUIRY,
}


class Disputes:
    """Verbs on disputes; each is one transaction with its events inside."""

    def __init__(self, store: Store, clock: Clock, events: EventLog, balance: Balance) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._balance = balance

    def open(
        self,
        charge: StripeObject,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        inquiry: bool = False,
        withdrawn: bool = True,
    ) -> StripeObject:
        """Have the buyer's bank dispute a charge, or only inquire about it; its money goes at once, unless told."""
        now = self._clock.now()
        body = dispute(
            charge=charge,
            amount=charge["amount"] if amount is None else amount,
            reason=reason,
            is_inquiry=inquiry,
            due_by=now + EVIDENCE_SECONDS,
            now=now,
        )
        with self._store.transaction():
            self._store.save(charge | {"disputed": True})
            self._store.add(body)
            if withdrawn and not inquiry:
                body["balance_transactions"].append(self._balance.withdrawn(body))
                self._store.save(body)
            self._events.emit("charge.dispute.created", body)
            if body["balance_transactions"]:
                self._events.emit("charge.dispute.funds_withdrawn", body)
        return body

    def begin_as_fated(self, charge: StripeObject, card: Card) -> None:
        """After a payment: do what the bank of a card like this one does."""
        if card.dispute is not None:
            self.open(charge, reason=card.dispute, inquiry=card.is_inquiry)
        if card.is_warned:
            self.warn(charge)

    def warn(self, charge: StripeObject) -> StripeObject:
        """Have the card's issuer call a charge fraudulent, without disputing it."""
        body = early_fraud_warning(charge=charge, now=self._clock.now())
        with self._store.transaction():
            self._store.add(body)
            self._events.emit("radar.early_fraud_warning.created", body)
        return body

    def update(
        self,
        found: StripeObject,
        *,
        evidence: dict[str, str | None],
        metadata: dict[str, str],
        submit: bool,
        origin: Origin,
    ) -> StripeObject:
        """Keep what the shop says for itself, and send it to the bank; test evidence decides the dispute at once."""
        with self._store.transaction():
            details = found["evidence_details"] | ({"has_evidence": True} if evidence else {})
            body = found | {
                "evidence": found["evidence"] | evidence,
                "evidence_details": details,
                "metadata": metadata,
            }
            if submit:
                body = _reviewed(body)
            previous = {name: value for name, value in found.items() if body[name] != value}
            if previous:
                self._store.save(body)
                self._events.emit("charge.dispute.updated", body, previous=previous, origin=origin)
            words = body["evidence"]["uncategorized_text"]
            if submit and words in (WINNING_EVIDENCE, LOSING_EVIDENCE):
                body = self.move(body["id"], "win" if words == WINNING_EVIDENCE else "lose")
            return body

    def move(self, dispute_id: str, move: str) -> StripeObject:
        """Have the bank decide.

        review: look at the evidence · win, lose: close it · withdraw, reinstate: move its money alone ·
        escalate: make a dispute of an inquiry · drop: close an inquiry.

        Raises:
            ControlError: 404 without such a dispute, 409 when this cannot become of it (any more).
        """
        if move not in MOVES:
            raise ControlError(f"move must be one of {', '.join(MOVES)}")
        with self._store.transaction():
            found = self._store.find(dispute_id, KIND)
            if found is None:
                raise ControlError(f"No such dispute: {dispute_id}", status=404)
            if found["status"] not in MOVES[move]:
                raise ControlError(f"The dispute is {found['status']}.", status=409)
            verb = {
                "review": self._review,
                "win": self._win,
                "lose": self._lose,
                "withdraw": self._withdraw,
                "reinstate": self._reinstate,
                "escalate": self._escalate,
                "drop": self._drop,
            }[move]
            return verb(found)

    def _review(self, found: StripeObject) -> StripeObject:
        return self._change(found, _reviewed(found), "charge.dispute.updated")

    def _win(self, found: StripeObject) -> StripeObject:
        won = found | {"is_charge_refundable": True, "status": "won"}
        if _is_withdrawn(found):
            won["balance_transactions"] = [*found["balance_transactions"], self._balance.reinstated(found)]
        body = self._change(found, won, "charge.dispute.closed")
        if _is_withdrawn(found):
            self._events.emit("charge.dispute.funds_reinstated", body)
        return body

    def _lose(self, found: StripeObject) -> StripeObject:
        return self._change(found, found | {"status": "lost"}, "charge.dispute.closed")

    def _withdraw(self, found: StripeObject) -> StripeObject:
        moved = [*found["balance_transactions"], self._balance.withdrawn(found)]
        return self._change(found, found | {"balance_transactions": moved}, "charge.dispute.funds_withdrawn")

    def _reinstate(self, found: StripeObject) -> StripeObject:
        moved = [*found["balance_transactions"], self._balance.reinstated(found)]
        return self._change(found, found | {"balance_transactions": moved}, "charge.dispute.funds_reinstated")

    def _escalate(self, found: StripeObject) -> StripeObject:
        details = found["payment_method_details"]
        card = details["card"] | {"case_type": "chargeback"}
        body = found | {
            "is_charge_refundable": False,
            "payment_method_details": details | {"card": card},
            "status": "needs_response",
        }
        return self._withdraw(self._change(found, body, "charge.dispute.updated"))

    def _drop(self, found: StripeObject) -> StripeObject:
        return self._change(found, found | {"status": "warning_closed"}, "charge.dispute.closed")

    def _change(self, before: StripeObject, after: StripeObject, event_type: str) -> StripeObject:
        previous = {name: value for name, value in before.items() if after[name] != value}
        self._store.save(after)
        self._events.emit(event_type, after, previous=previous)
        return after


def _reviewed(found: StripeObject) -> StripeObject:
    """Return the dispute after its evidence was sent to the bank."""
    status = "warning_under_review" if found["status"] in _INQUIRY else "under_review"
    details = found["evidence_details"]
    sent = details | {"has_evidence": True, "submission_count": details["submission_count"] + 1}
    return found | {"evidence_details": sent, "status": status}


def _is_withdrawn(found: StripeObject) -> bool:
    return bool(sum(moved["amount"] for moved in found["balance_transactions"]) < 0)
