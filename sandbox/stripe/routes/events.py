"""`/v1/events`."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import ApiError, NoSuchObject
from sandbox.stripe.events import delivery_condition
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return an event."""
    found = sandbox.events.find(call.path["id"])
    if found is None:
        raise NoSuchObject("event", call.path["id"])
    return found


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List events, by type or types, time and delivery if asked. `type` may end in `*`."""
    query = Query(sandbox.store, call.params, table="events")
    query.filter_created()
    wanted, one = call.params.texts("types"), call.params.text("type")
    if wanted and one:
        raise ApiError("You may only specify one of these parameters: type, types.", param="types")
    if wanted:
        query.where(f"type IN ({', '.join('?' * len(wanted))})", *wanted)
    if one is not None:
        query.where("type GLOB ?", one)
    query.where(delivery_condition(call.params.boolean("delivery_success")))
    return query.page("/v1/events", sandbox.events.with_pending)


ROUTES: list[ApiRoute] = [
    Route("GET", "/v1/events", list_all),
    Route("GET", "/v1/events/{id}", retrieve),
]
