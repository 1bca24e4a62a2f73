"""What Stripe has sold and sells: a paid session's line items, and prices with their products."""

from collections.abc import Mapping
from typing import Any

from payments.gateways.stripe_api import call, client, session_facts
from payments.kinds import PriceFacts, SoldItem, SoldSession


def retrieve_sold_session(session_id: str) -> SoldSession:
    """How a Checkout session stands, with the prices and quantities that were paid for.

    https://docs.stripe.com/api/checkout/sessions/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    params: dict[str, Any] = {"expand": ["line_items", "payment_intent.latest_charge.balance_transaction"]}
    session = call(lambda: client().v1.checkout.sessions.retrieve(session_id, params)).to_dict()  # type: ignore[arg-type]
    lines = session.get("line_items") or {}
    items = [
        SoldItem(price_id=str(_part(line, "price").get("id", "")), quantity=int(line.get("quantity") or 0))
        for line in lines.get("data", ())
    ]
    return SoldSession(session=session_facts(session), items=tuple(items), fee_cents=_fee(session))


def retrieve_price(price_id: str) -> PriceFacts:
    """A price as Stripe has it, with its product's name.

    https://docs.stripe.com/api/prices/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    params: dict[str, Any] = {"expand": ["product"]}
    return price_facts(
        call(lambda: client().v1.prices.retrieve(price_id, params)).to_dict()  # type: ignore[arg-type]
    )


def price_facts(price: Mapping[str, Any]) -> PriceFacts:
    """What we read of a price that Stripe tells with its product."""
    product = _part(price, "product")
    return PriceFacts(
        is_active=price.get("active") is True and product.get("active") is True,
        price_cents=price.get("unit_amount"),
        currency=str(price.get("currency", "")),
        product_name=str(product.get("name", "")),
        is_live=price.get("livemode") is True,
    )


def _fee(session: Mapping[str, Any]) -> int | None:
    """What Stripe keeps of the payment, where it tells that in the payment's currency."""
    booked = _part(_part(_part(session, "payment_intent"), "latest_charge"), "balance_transaction")
    fee = booked.get("fee") if booked.get("currency") == session.get("currency") else None
    return fee if isinstance(fee, int) and fee >= 0 else None


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
