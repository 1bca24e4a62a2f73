"""`/v1/products`."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.catalogue import product
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_param, in_path, save_changes
from sandbox.stripe.routes.prices import new_price

_TEXTS = ("description", "statement_descriptor", "tax_code", "unit_label")


def _apply(sandbox: Sandbox, params: Params, body: StripeObject) -> StripeObject:
    given: StripeObject = {name: params.text(name) for name in _TEXTS if name in params}
    given |= {name: flag for name in ("active", "shippable") if (flag := params.boolean(name)) is not None}
    if "url" in params:
        given["url"] = params.url("url")
    if "name" in params:
        given["name"] = params.required_text("name")
    if "default_price" in params:
        given["default_price"] = _default_price(sandbox, params)
    images = {"images": params.texts("images")} if "images" in params else {}
    return body | given | images | {"metadata": params.metadata(body["metadata"])}


def _default_price(sandbox: Sandbox, params: Params) -> str | None:
    price_id = params.text("default_price")
    if price_id is not None:
        in_param(sandbox, "price", price_id, "default_price")
    return price_id


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Create a product, under an id of the caller's choice if given, with its default price if given."""
    product_id = call.params.text("id")
    if product_id is not None and sandbox.store.find(product_id) is not None:
        raise InvalidParameter("id", f"Product already exists: {product_id}", "resource_already_exists")
    name = call.params.required_text("name")
    body = product(product_id=product_id, name=name, now=sandbox.clock.now())
    body = _apply(sandbox, call.params, body)
    sandbox.store.add(body)
    sandbox.events.emit("product.created", body, origin=call.origin)
    price_data = call.params.child("default_price_data")
    if price_data is not None:
        body["default_price"] = new_price(sandbox, price_data, body["id"], call.origin)["id"]
        sandbox.store.save(body)
    return body


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a product."""
    return in_path(sandbox, call, "product")


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change a product."""
    before = in_path(sandbox, call, "product")
    after = _apply(sandbox, call.params, dict(before))
    if after != before:
        after["updated"] = sandbox.clock.now()
    return save_changes(sandbox, call, before, after, "product.updated")


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List products, by `active` and `ids` if asked."""
    query = Query(sandbox.store, call.params, kind="product")
    query.filter_created()
    query.filter_active()
    ids = call.params.texts("ids")
    if ids:
        query.where(f"id IN ({', '.join('?' * len(ids))})", *ids)
    return query.page("/v1/products")


def list_features(sandbox: Sandbox, call: Call) -> StripeObject:
    """List a product's features, of which no product here has any: dj-stripe asks for them."""
    url = f"/v1/products/{in_path(sandbox, call, 'product')['id']}/features"
    query = Query(sandbox.store, call.params, kind="product_feature")
    return query.page(url)


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/products", create),
    Route("GET", "/v1/products", list_all),
    Route("GET", "/v1/products/{id}", retrieve),
    Route("POST", "/v1/products/{id}", update),
    Route("GET", "/v1/products/{id}/features", list_features),
]
