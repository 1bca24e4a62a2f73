"""Refunds as they live: made by the API or by hand, pending or done at once, and failing days later."""

from sandbox.stripe.balance import Balance
from sandbox.stripe.cards import RefundFate
from sandbox.stripe.clock import Clock
from sandbox.stripe.currencies import money
from sandbox.stripe.errors import ApiError, ControlError, InvalidParameter
from sandbox.stripe.events import EventLog
from sandbox.stripe.kinds import NOBODY, Origin, StripeObject
from sandbox.stripe.limits import REFUND_SECONDS
from sandbox.stripe.objects.refund import canceled, failed, refund, succeeded
from sandbox.stripe.store import Store

KIND = "refund"
REASONS = ("duplicate", "fraudulent", "requested_by_customer")
#: How a refund may end, and from which of its states.
ENDS = {"succeeded": ("pending",), "failed": ("pending", "succeeded"), "canceled": ("pending",)}
_DUE = (
    "SELECT id FROM objects WHERE kind = 'refund' AND json_extract(body, '$.status') IN ('pending', 'succeeded')"
    " AND json_extract(private, '$.ends') IS NOT NULL AND created <= ? ORDER BY created, seq"
)
_DISPUTED = (
    "SELECT 1 FROM objects WHERE kind = 'dispute' AND json_extract(body, '$.charge') = ?"
    " AND NOT json_extract(body, '$.is_charge_refundable')"
)


class Refunds:
    """Verbs on refunds; each is one transaction with its events inside."""

    def __init__(self, store: Store, clock: Clock, events: EventLog, balance: Balance) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._balance = balance

    def create(
        self,
        charge: StripeObject,
        *,
        amount: int | None = None,
        reason: str | None = None,
        metadata: dict[str, str] | None = None,
        status: str | None = None,
        origin: Origin = NOBODY,
        checked: bool = True,
    ) -> StripeObject:
        """Give a charge back, all that is left of it unless an amount is named.

        Its card says whether that is pending first, unless a status is named. Unchecked: more than is left, too.

        Raises:
            ApiError: the charge is not paid, given back already, disputed, or smaller than that.
        """
        left = charge["amount"] - charge["amount_refunded"]
        amount = left if amount is None else amount
        if checked:
            self._check(charge, amount, left)
        fate = self._store.private(charge["id"]).get("refund_fate", RefundFate.SUCCEEDS)
        status = status or ("pending" if fate == RefundFate.WAITS else "succeeded")
        body = refund(
            charge=charge,
            amount=amount,
            reason=reason,
            status=status,
            metadata=metadata or {},
            now=self._clock.now(),
        )
        with self._store.transaction():
            by_card = charge["payment_method_details"]["type"] == "card"
            body["balance_transaction"] = self._balance.refunded(body, by_card=by_card)
            ends = {RefundFate.WAITS: "succeeded", RefundFate.FAILS: "failed"}.get(fate)
            self._store.add(body, private={"ends": ends})
            self._events.emit("refund.created", body, origin=origin)
            self._change_charge(charge, amount, "charge.refunded", origin)
        return body

    def end(self, refund_id: str, status: str, reason: str = "declined") -> StripeObject:
        """Have the bank take a pending refund, or send it back, also after it had taken it.

        Raises:
            ControlError: 404 without such a refund, 409 when it cannot end so (any more).
        """
        if status not in ENDS:
            raise ControlError(f"status must be one of {', '.join(ENDS)}")
        with self._store.transaction():
            found = self._store.find(refund_id, KIND)
            if found is None:
                raise ControlError(f"No such refund: {refund_id}", status=404)
            if found["status"] not in ENDS[status]:
                raise ControlError(f"The refund is {found['status']}.", status=409)
            return self._end(found, status, reason)

    def end_due(self) -> int:
        """End each refund whose bank has had its days, as its card is fated; return how many."""
        ended = 0
        with self._store.transaction():
            for row in self._store.rows(_DUE, (self._clock.now() - REFUND_SECONDS,)):
                found = self._store.find(row["id"])
                assert found is not None
                status = self._store.private(row["id"])["ends"]
                if found["status"] in ENDS[status]:
                    self._end(found, status, "declined")
                    ended += 1
        return ended

    def _end(self, found: StripeObject, status: str, reason: str) -> StripeObject:
        charge = self._store.find(found["charge"])
        assert charge is not None
        previous = {"status": found["status"]}
        if status == "succeeded":
            body = succeeded(found, charge)
        elif status == "canceled":
            body = canceled(found)
            self._balance.refund_failed(found)
        else:
            body = failed(found, reason, self._balance.refund_failed(found))
        self._store.save(body)
        self._events.emit("refund.updated", body, previous=previous)
        if status == "failed":
            self._events.emit("refund.failed", body)
        if status != "succeeded":
            self._change_charge(charge, -found["amount"], "charge.updated", NOBODY)
        return body

    def _change_charge(self, charge: StripeObject, amount: int, event_type: str, origin: Origin) -> None:
        refunded = charge["amount_refunded"] + amount
        after = charge | {"amount_refunded": refunded, "refunded": refunded >= charge["amount"]}
        previous = {name: value for name, value in charge.items() if after[name] != value}
        self._store.save(after)
        self._events.emit(event_type, after, previous=previous, origin=origin)

    def _check(self, charge: StripeObject, amount: int, left: int) -> None:
        charge_id, currency = charge["id"], charge["currency"]
        if charge["status"] != "succeeded":
            raise ApiError(f"Charge {charge_id} has not been paid; cannot issue a refund.", param="charge")
        if self._store.row(_DISPUTED, (charge_id,)) is not None:
            message = f"Charge {charge_id} has been charged back; cannot issue a refund."
            raise ApiError(message, code="charge_disputed")
        if left <= 0:
            message = f"Charge {charge_id} has already been refunded."
            raise ApiError(message, code="charge_already_refunded")
        if amount < 1:
            raise InvalidParameter("amount", "Invalid positive integer", "parameter_invalid_integer")
        if amount > left:
            whole = "charge amount" if left == charge["amount"] else "unrefunded amount on charge"
            message = (
                f"Refund amount ({money(amount, currency)}) is greater than {whole} ({money(left, currency)})"
            )
            raise InvalidParameter("amount", message)
