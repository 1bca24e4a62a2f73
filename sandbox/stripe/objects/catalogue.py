"""Products, prices and the line items that name them."""

from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject


def product(*, product_id: str | None, name: str, now: int) -> StripeObject:
    """Return an active product."""
    return {
        "id": product_id or new_id("product"),
        "object": "product",
        "active": True,
        "created": now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "unit_label": None,
        "updated": now,
        "url": None,
    }


def price(*, product_id: str, currency: str, unit_amount: int, now: int) -> StripeObject:
    """Return an active one-time price; `unit_amount` is in the currency's smallest unit."""
    return {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }


def item(*, description: str, price: StripeObject, quantity: int) -> StripeObject:
    """Return a line of a checkout session; its price is kept as an id and shown whole."""
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": description,
        "metadata": {},
        "price": price["id"],
        "quantity": quantity,
    }
