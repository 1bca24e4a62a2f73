"""`/v1/webhook_endpoints`."""

from pathlib import Path

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox, new_secret
from sandbox.stripe.errors import InvalidParameter, MissingParameter
from sandbox.stripe.kinds import API_VERSION, StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.webhook_endpoint import webhook_endpoint
from sandbox.stripe.params import Params
from sandbox.stripe.routes.lookup import in_path, save_changes

KIND = "webhook_endpoint"
EVENT_TYPES = frozenset(
    (Path(__file__).parent.parent / "event_types.txt").read_text(encoding="utf-8").split()
)


def check_event_types(types: list[str]) -> list[str]:
    """Return the types, or refuse one that Stripe does not have: a typing error would lose every event."""
    for name in types:
        if name != "*" and name not in EVENT_TYPES:
            raise InvalidParameter("enabled_events", f"Invalid enabled_events: there is no event {name}.")
    return types


def _url(params: Params) -> str:
    url = params.url("url")
    if url is None:
        raise MissingParameter("url")
    return url


def _types(params: Params) -> list[str]:
    types = check_event_types(params.texts("enabled_events"))
    if not types:
        raise MissingParameter("enabled_events")
    return types


def create(sandbox: Sandbox, call: Call) -> StripeObject:
    """Create an endpoint; only this answer shows its secret."""
    body = webhook_endpoint(
        url=_url(call.params),
        enabled_events=_types(call.params),
        api_version=call.params.choice("api_version", {API_VERSION}),
        now=sandbox.clock.now(),
    )
    body["description"] = call.params.text("description")
    body["metadata"] = call.params.metadata()
    secret = new_secret()
    sandbox.store.add(body, private={"secret": secret})
    return body | {"secret": secret}


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return an endpoint."""
    return in_path(sandbox, call, KIND)


def update(sandbox: Sandbox, call: Call) -> StripeObject:
    """Change where, what and whether."""
    before = in_path(sandbox, call, KIND)
    after = dict(before)
    if "url" in call.params:
        after["url"] = _url(call.params)
    if "enabled_events" in call.params:
        after["enabled_events"] = _types(call.params)
    if "description" in call.params:
        after["description"] = call.params.text("description")
    if (disabled := call.params.boolean("disabled")) is not None:
        after["status"] = "disabled" if disabled else "enabled"
    after["metadata"] = call.params.metadata(before["metadata"])
    return save_changes(sandbox, call, before, after)


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List endpoints."""
    return Query(sandbox.store, call.params, kind=KIND).page("/v1/webhook_endpoints")


def delete(sandbox: Sandbox, call: Call) -> StripeObject:
    """Delete an endpoint; what was still to be delivered to it is lost."""
    found = in_path(sandbox, call, KIND)
    sandbox.store.remove(found["id"])
    return {"id": found["id"], "object": KIND, "deleted": True}


ROUTES: list[ApiRoute] = [
    Route("POST", "/v1/webhook_endpoints", create),
    Route("GET", "/v1/webhook_endpoints", list_all),
    Route("GET", "/v1/webhook_endpoints/{id}", retrieve),
    Route("POST", "/v1/webhook_endpoints/{id}", update),
    Route("DELETE", "/v1/webhook_endpoints/{id}", delete),
]
