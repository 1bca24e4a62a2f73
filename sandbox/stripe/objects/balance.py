"""Movements of the account's balance."""

from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.limits import PAYOUT_SECONDS


def balance_transaction(
    *,
    source: StripeObject,
    kind: str,
    category: str,
    amount: int,
    fee: int,
    description: str | None,
    now: int,
) -> StripeObject:
    """Return a movement: what it is about, what came in or went out, and what Stripe keeps of it."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": "Stripe processing fees" if category == "charge" else "Dispute fee",
            "type": "stripe_fee",
        }
    ]
    return {
        "id": new_id("balance_transaction"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + PAYOUT_SECONDS,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
