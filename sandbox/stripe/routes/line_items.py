"""The `line_items` of a new checkout session."""

from sandbox.stripe import limits
from sandbox.stripe.app import Sandbox
from sandbox.stripe.currencies import NO_DECIMALS
from sandbox.stripe.errors import ApiError, InvalidParameter, MissingParameter
from sandbox.stripe.kinds import Origin, StripeObject
from sandbox.stripe.objects.catalogue import item, product
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_param
from sandbox.stripe.routes.prices import new_price


def read_line_items(sandbox: Sandbox, params: Params, origin: Origin) -> list[StripeObject]:
    """Return the line items: by price id, or by `price_data`, which makes what it describes.

    Raises:
        ApiError: none, too many, mixed currencies, an inactive price, or a total below the least.
    """
    lines = params.children("line_items")
    if not lines:
        raise MissingParameter("line_items")
    if len(lines) > limits.LINE_ITEMS_MAX:
        raise InvalidParameter("line_items", f"You can have at most {limits.LINE_ITEMS_MAX} line items.")
    items = [_line(sandbox, line, origin) for line in lines]
    currencies = {line["currency"] for line in items}
    if len(currencies) > 1:
        raise ApiError("All line items must have the same currency.", param="line_items")
    least = 0 if currencies & NO_DECIMALS else limits.AMOUNT_CENTS_MIN
    if sum(line["amount_total"] for line in items) < max(least, 1):
        message = "The Checkout Session's total amount due must add up to at least $0.50 usd"
        raise ApiError(message, code="amount_too_small", param="line_items")
    return items


def _line(sandbox: Sandbox, line: Params, origin: Origin) -> StripeObject:
    quantity = line.integer("quantity")
    if quantity is None:
        raise MissingParameter(line.path("quantity"))
    if quantity < 1:
        raise InvalidParameter(line.path("quantity"), "Invalid integer: must be at least 1.")
    price = _price(sandbox, line, origin)
    named = sandbox.store.find(price["product"], "product")
    assert named is not None
    return item(description=named["name"], price=price, quantity=quantity)


def _price(sandbox: Sandbox, line: Params, origin: Origin) -> StripeObject:
    price_id, price_data = line.text("price"), line.child("price_data")
    if (price_id is None) == (price_data is None):
        raise ApiError("You must specify one of: price, price_data.", param=line.path("price"))
    if price_id is not None:
        found = in_param(sandbox, "price", price_id, line.path("price"))
        if not found["active"]:
            message = "The price specified is inactive. This field only accepts active prices."
            raise InvalidParameter(line.path("price"), message)
        return found
    assert price_data is not None
    price = new_price(sandbox, price_data, _product(sandbox, price_data, origin), origin)
    price["active"] = False  # Stripe keeps a price made in passing from being sold again
    sandbox.store.save(price)
    return price


def _product(sandbox: Sandbox, price_data: Params, origin: Origin) -> str:
    product_id, product_data = price_data.text("product"), price_data.child("product_data")
    if product_id is not None:
        in_param(sandbox, "product", product_id, price_data.path("product"))
        return product_id
    if product_data is None:
        raise MissingParameter(price_data.path("product"))
    body = product(product_id=None, name=product_data.required_text("name"), now=sandbox.clock.now())
    body |= {
        "active": False,
        "description": product_data.text("description"),
        "images": product_data.texts("images"),
        "metadata": product_data.metadata(),
    }
    sandbox.store.add(body)
    sandbox.events.emit("product.created", body, origin=origin)
    return str(body["id"])
