"""The account's balance: each charge, refund and dispute moves it, and says so in a balance transaction."""

from sandbox.stripe.clock import Clock
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import CHARGE_FEE_CENTS, CHARGE_FEE_PER_THOUSAND, DISPUTE_FEE_CENTS
from sandbox.stripe.objects.balance import balance_transaction
from sandbox.stripe.store import Store


class Balance:
    """Writes balance transactions, in the caller's transaction."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def charged(self, charge: StripeObject) -> str:
        """Book a charge that was paid; return the transaction's id."""
        amount = charge["amount"]
        fee = min(amount, amount * CHARGE_FEE_PER_THOUSAND // 1_000 + CHARGE_FEE_CENTS)
        kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
        booked = self._book(charge, kind, "charge", amount, fee, charge["description"])
        return str(booked["id"])

    def refunded(self, refund: StripeObject, *, by_card: bool) -> str:
        """Book a refund; return the transaction's id."""
        kind = "refund" if by_card else "payment_refund"
        booked = self._book(refund, kind, "refund", -refund["amount"], 0, "REFUND FOR CHARGE")
        return str(booked["id"])

    def refund_failed(self, refund: StripeObject) -> str:
        """Book that a refund's money has come back; return the transaction's id."""
        booked = self._book(refund, "refund_failure", "refund_failure", refund["amount"], 0, "REFUND FAILURE")
        return str(booked["id"])

    def withdrawn(self, dispute: StripeObject) -> StripeObject:
        """Book that a bank has taken a dispute's money, and that Stripe has taken its fee."""
        words = f"Chargeback withdrawal for {dispute['charge']}"
        return self._book(dispute, "adjustment", "dispute", -dispute["amount"], DISPUTE_FEE_CENTS, words)

    def reinstated(self, dispute: StripeObject) -> StripeObject:
        """Book that a bank has given a dispute's money back."""
        words = f"Chargeback reversal for {dispute['charge']}"
        return self._book(dispute, "adjustment", "dispute_reversal", dispute["amount"], 0, words)

    def _book(
        self, source: StripeObject, kind: str, category: str, amount: int, fee: int, description: str | None
    ) -> StripeObject:
        booked = balance_transaction(
            source=source,
            kind=kind,
            category=category,
            amount=amount,
            fee=fee,
            description=description,
            now=self._clock.now(),
        )
        self._store.add(booked, parent=source["id"])
        return booked
