"""Has Stripe tell us what we want to know, and hands the signing secret to the secret store, unseen.

Stripe tells an endpoint's secret once, when it is made. So an endpoint is marked as pending until its secret is
kept; whoever is interrupted in between leaves one that nobody can use, and the next run replaces it.
"""

from payments.errors import EndpointNotOurs, NoRotation, SecretStoreUnavailable
from payments.gateways import stripe_endpoints
from payments.gateways.secret_store import SecretStore
from payments.kinds import ENDPOINT_EVENTS, EndpointMark, WebhookEndpoint


def set_up_endpoint(*, url: str, api_version: str, store: SecretStore) -> str:
    """Create the endpoint, or update the one that is there; answer what was done. Repeating it changes nothing.

    :raises EndpointNotOurs: `endpoint_not_ours`: its secret is not kept, or it has another API version.
    :raises SecretStoreUnavailable: `secret_store_unavailable`: there is no endpoint that was not there before.
    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    secrets, usable = store.read(), _usable(url)
    if not usable:
        _create(url, store, former=[])
        return "created"
    endpoint = usable[-1]  # while a rotation is under way: the one that it replaces
    if endpoint.api_version != api_version:
        raise EndpointNotOurs(
            f"{endpoint.id} has the API version {endpoint.api_version or 'of the account'}."
        )
    if not secrets:
        raise EndpointNotOurs(f"The secret of {endpoint.id} is not in the secret store.")
    if endpoint.events == ENDPOINT_EVENTS and endpoint.is_enabled:
        return "as it was"
    stripe_endpoints.update_endpoint(endpoint.id, events=ENDPOINT_EVENTS, enabled=True)
    return "updated"


def begin_rotation(*, url: str, store: SecretStore) -> str:
    """Make an endpoint that tells nothing yet, and keep its secret before the old one's; answer what was done.

    Once every process has both secrets, `finish_rotation` has the new endpoint speak.

    :raises NoRotation: `no_rotation`: there is no endpoint to replace.
    :raises SecretStoreUnavailable: `secret_store_unavailable`.
    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    secrets, usable = store.read(), _usable(url)
    if not usable:
        raise NoRotation
    if len(usable) > 1:
        return "begun before"
    _create(url, store, former=_split(secrets)[:1], enabled=False)
    return "begun"


def finish_rotation(*, url: str, store: SecretStore) -> str:
    """Have the new endpoint speak, delete the old one, and keep the new secret alone; answer what was done.

    :raises NoRotation: `no_rotation`: there is nothing to finish.
    :raises SecretStoreUnavailable: `secret_store_unavailable`.
    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    secrets, usable = _split(store.read()), _usable(url)
    if not usable or not secrets:
        raise NoRotation
    newest, *older = usable
    if not older and len(secrets) == 1 and newest.is_enabled:
        return "finished before"
    stripe_endpoints.update_endpoint(newest.id, enabled=True)
    for endpoint in older:
        stripe_endpoints.delete_endpoint(endpoint.id)
    store.write(secrets[0])
    return "finished"


def _usable(url: str) -> list[WebhookEndpoint]:
    """Our endpoints, the newest first, without those whose secret was never kept: these are deleted."""
    ours = [endpoint for endpoint in stripe_endpoints.list_endpoints() if endpoint.url == url]
    for endpoint in ours:
        if endpoint.mark == EndpointMark.PENDING:
            stripe_endpoints.delete_endpoint(endpoint.id)
    return [endpoint for endpoint in ours if endpoint.mark != EndpointMark.PENDING]


def _create(url: str, store: SecretStore, *, former: list[str], enabled: bool = True) -> None:
    endpoint, secret = stripe_endpoints.create_endpoint(url=url, events=ENDPOINT_EVENTS)
    if not enabled:
        stripe_endpoints.update_endpoint(endpoint.id, enabled=False)
    try:
        store.write(",".join([secret, *former]))
    except SecretStoreUnavailable:
        stripe_endpoints.delete_endpoint(endpoint.id)
        raise
    stripe_endpoints.update_endpoint(endpoint.id, mark=EndpointMark.KEPT)


def _split(secrets: str) -> list[str]:
    return [secret for secret in secrets.split(",") if secret]
