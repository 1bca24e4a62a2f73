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
    params: dict[str, Any] = {"expand": ["line_items"]}
    session = call(lambda: client().v1.checkout.sessions.retrieve(session_id, params)).to_dict()  # type: ignore[arg-type]
    lines = session.get("line_items") or {}
    items = [
        SoldItem(price_id=str(_part(line, "price").get("id", "")), quantity=int(line.get("quantity") or 0))
        for line in lines.get("data", ())
    ]
    return SoldSession(session=session_facts(session), items=tuple(items))


def retrieve_price(price_id: str) -> PriceFacts:
    """A price as Stripe has it, with its product's name.

    https://docs.stripe.com/api/prices/retrieve

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    params: dict[str, Any] = {"expand": ["product"]}
    price = call(lambda: client().v1.prices.retrieve(price_id, params)).to_dict()  # type: ignore[arg-type]
    product = _part(price, "product")
    return PriceFacts(
        is_active=price.get("active") is True and product.get("active") is True,
        price_cents=price.get("unit_amount"),
        currency=str(price.get("currency", "")),
        product_name=str(product.get("name", "")),
        is_live=price.get("livemode") is True,
    )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
