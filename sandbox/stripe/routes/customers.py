"""`/v1/customers`."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import InvalidParameter
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.customer import customer
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_path, save_changes

_ADDRESS_FIELDS = ("city", "country", "line1", "line2", "postal_code", "state")


def _apply(params: Params, body: StripeObject) -> StripeObject:
    for name in ("description", "email", "name", "phone"):
        if name in params:
            body[name] = params.text(name)
    if body["email"] is not None and "@" not in body["email"]:
        raise InvalidParameter("email", f"Invalid email address: {body['email']}", "email_invalid")
    if "address" in params:
        address = params.child("address")
        body["address"] = {name: address.text(name) for name in _ADDRESS_FIELDS} if address else None
    if "preferred_locales" in params:
        body["preferred_locales"] = params.texts("preferred_locales")
    body["metadata"] = params.metadata(body["metadata"])
    return body


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Create a customer."""
    body = _apply(call.params, customer(now=sandbox.clock.now()))
    sandbox.store.add(body)
    sandbox.events.emit("customer.created", body, origin=call.origin)
    return body


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a customer."""
    return in_path(sandbox, call, "customer")


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change a customer."""
    before = in_path(sandbox, call, "customer")
    return save_changes(sandbox, call, before, _apply(call.params, dict(before)), "customer.updated")


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List customers, by exact e-mail if asked."""
    query = Query(sandbox.store, call.params, kind="customer")
    query.filter_created()
    email = call.params.text("email")
    if email is not None:
        query.where("json_extract(body, '$.email') = ?", email)
    return query.page("/v1/customers")


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/customers", create),
    Route("GET", "/v1/customers", list_all),
    Route("GET", "/v1/customers/{id}", retrieve),
    Route("POST", "/v1/customers/{id}", update),
]
