"""Stripe's API: the only module that calls it for the product's own purposes. Never within a database transaction."""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import stripe
from django.conf import settings
from stripe import RequestOptions

from payments.errors import PaymentsUnavailable, StripeRefused
from payments.kinds import SessionFacts
from payments.limits import STRIPE_NETWORK_RETRIES_MAX, STRIPE_TIMEOUT_SECONDS

T = TypeVar("T")


@cache
def client() -> stripe.StripeClient:
    """Stripe's client, for the modules of this room."""
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else {},
        http_client=stripe.RequestsClient(timeout=STRIPE_TIMEOUT_SECONDS),
        max_network_retries=STRIPE_NETWORK_RETRIES_MAX,
    )


def call(request: Callable[[], T]) -> T:
    """Make a request of Stripe's, its errors told as ours.

    :raises PaymentsUnavailable: `payments_unavailable`: worth trying again.
    :raises StripeRefused: `stripe_refused`: not worth trying again as it is.
    """
    try:
        return request()
    except stripe.InvalidRequestError as error:
        code, param = error.code or "invalid_request", error.param or ""
        raise StripeRefused(stripe_code=code, stripe_param=param) from error
    except stripe.StripeError as error:
        # The connection, Stripe, or our own key: the buyer's request is sound.
        raise PaymentsUnavailable from error


def create_customer(*, user_id: uuid.UUID, email: str | None, uid: str, gone: str = "") -> str:
    """Create the user's customer, once however often it is tried; answer its id.

    `gone` is the id of a former one that Stripe does not know any more.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    params: dict[str, Any] = {"metadata": {"user_id": str(user_id), "uid": uid}}
    if email:
        params["email"] = email
    options: RequestOptions = {"idempotency_key": _key("customer", f"{user_id}{gone}", params)}
    customer = call(lambda: client().v1.customers.create(params, options))  # type: ignore[arg-type]
    return customer.id


def create_product(*, code: str, name: str, description: str) -> str:
    """Create a package's product; answer its id.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    params: dict[str, Any] = {"name": name, "metadata": {"package": code}}
    if description:
        params["description"] = description
    product = call(
        lambda: client().v1.products.create(params, {"idempotency_key": _key("product", code, params)})  # type: ignore[arg-type]
    )
    return product.id


def rename_product(*, product_id: str, name: str, description: str) -> None:
    """Give a product another name and description.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    call(lambda: client().v1.products.update(product_id, {"name": name, "description": description}))


def create_price(*, product_id: str, code: str, price_cents: int, currency: str, number: int) -> str:
    """Create the package's price number `number`, once however often it is tried; answer its id.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    params: dict[str, Any] = {
        "product": product_id,
        "unit_amount": price_cents,
        "currency": currency,
        "metadata": {"package": code},
    }
    key = _key("price", f"{code}-{number}", params)
    price = call(lambda: client().v1.prices.create(params, {"idempotency_key": key}))  # type: ignore[arg-type]
    return price.id


def deactivate_price(price_id: str) -> None:
    """Take a price out of use at Stripe; sessions already open keep it.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    call(lambda: client().v1.prices.update(price_id, {"active": False}))


def create_checkout_session(*, idempotency_key: str, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Open a Checkout session; answer its id and the address of its page.

    https://docs.stripe.com/api/checkout/sessions/create

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    session = call(
        lambda: client().v1.checkout.sessions.create(
            dict(parameters),  # type: ignore[arg-type]
            {"idempotency_key": idempotency_key},
        )
    )
    return session.id, session.url or ""


def retrieve_session(session_id: str) -> SessionFacts:
    """How a Checkout session stands at Stripe.

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: Stripe does not know it.
    """
    params: dict[str, Any] = {
        "expand": ["payment_intent"]
    }  # which alone tells a debit under way from a failed one
    return session_facts(
        call(lambda: client().v1.checkout.sessions.retrieve(session_id, params)).to_dict()  # type: ignore[arg-type]
    )


def expire_session(session_id: str) -> SessionFacts:
    """End a Checkout session that nobody has paid; answer how it stands then.

    https://docs.stripe.com/api/checkout/sessions/expire

    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`: it is not open any more.
    """
    return session_facts(call(lambda: client().v1.checkout.sessions.expire(session_id)).to_dict())


def session_facts(session: Mapping[str, Any]) -> SessionFacts:
    """What settlement reads of a session, whether Stripe answered it or a signed event carried it."""
    metadata = session.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return SessionFacts(
        session_id=as_text(session.get("id")),
        purchase_id=as_uuid(session.get("client_reference_id") or metadata.get("purchase_id")),
        status=as_text(session.get("status")),
        payment_status=as_text(session.get("payment_status")),
        amount_cents=session.get("amount_total") if isinstance(session.get("amount_total"), int) else None,
        currency=as_text(session.get("currency")).lower(),
        customer_id=id_of(session.get("customer")),
        payment_intent_id=id_of(session.get("payment_intent")),
        package_code=as_text(metadata.get("package")),
        livemode=session.get("livemode") is True,
        payment_intent_status=_status_of(session.get("payment_intent")),
    )


def _key(kind: str, subject: str, parameters: Mapping[str, Any]) -> str:
    """An idempotency key that is the same for the same request and another for any other."""
    return f"{kind}-{subject}-{uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted(parameters.items())))}"


def id_of(value: object) -> str:
    """The id of an object that Stripe gives as an id or, expanded, whole."""
    return as_text(value.get("id")) if isinstance(value, Mapping) else as_text(value)


def _status_of(value: object) -> str:
    return as_text(value.get("status")) if isinstance(value, Mapping) else ""


def as_text(value: object) -> str:
    """The value where it is a text, else none."""
    return value if isinstance(value, str) else ""


def as_uuid(value: object) -> uuid.UUID | None:
    """The value where it is the text of a UUID."""
    try:
        return uuid.UUID(as_text(value))
    except ValueError:
        return None


def from_timestamp(seconds: int) -> datetime:
    """Stripe's times are whole seconds since 1970, in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)
