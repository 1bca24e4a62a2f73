"""Finding what a request names, with Stripe's refusals when it is not there."""

from typing import Any

from sandbox.stripe.api import Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import NoSuchObject
from sandbox.stripe.kinds import StripeObject


def in_path(sandbox: Sandbox, call: Call, kind: str) -> StripeObject:
    """Return the object whose id is in the path; 404 when there is none."""
    object_id = call.path["id"]
    found = sandbox.store.find(object_id, kind)
    if found is None:
        raise NoSuchObject(kind, object_id)
    return found


def in_param(sandbox: Sandbox, kind: str, object_id: str, param: str) -> StripeObject:
    """Return the object that a parameter names; 400 when there is none."""
    found = sandbox.store.find(object_id, kind)
    if found is None:
        raise NoSuchObject(kind, object_id, param=param, status=400)
    return found


def save_changes(
    sandbox: Sandbox, call: Call, before: StripeObject, after: StripeObject, event_type: str | None = None
) -> StripeObject:
    """Store an update and emit its event with what it was before, unless nothing changed."""
    previous: dict[str, Any] = {name: value for name, value in before.items() if after.get(name) != value}
    if previous:
        sandbox.store.save(after)
        if event_type is not None:
            sandbox.events.emit(event_type, after, previous=previous, origin=call.origin)
    return after
