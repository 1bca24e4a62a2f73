"""Customers at Stripe: one per user."""

import uuid
from datetime import datetime

from identity.queries.users import email_of
from payments.gateways import stripe_api
from payments.models import StripeCustomer


def replace_customer(*, user_id: uuid.UUID, uid: str, gone: str, now: datetime) -> str:
    """Another customer for a user whose former one was deleted at Stripe; answer its id.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    customer_id = stripe_api.create_customer(user_id=user_id, email=email_of(user_id), uid=uid, gone=gone)
    StripeCustomer.objects.filter(user_id=user_id, stripe_customer_id=gone).update(
        stripe_customer_id=customer_id, created_at=now
    )
    return customer_id


def customer_of(*, user_id: uuid.UUID, uid: str, now: datetime) -> str:
    """The user's customer id at Stripe, created there the first time. Calls Stripe outside any transaction.

    Two first times at once get one customer: Stripe by its idempotency key, we by the row's primary key.

    :raises PaymentsUnavailable: `payments_unavailable`.
    """
    known = StripeCustomer.objects.filter(user_id=user_id).first()
    if known:
        return known.stripe_customer_id
    customer_id = stripe_api.create_customer(user_id=user_id, email=email_of(user_id), uid=uid)
    row, _ = StripeCustomer.objects.get_or_create(
        user_id=user_id, defaults={"stripe_customer_id": customer_id, "created_at": now}
    )
    return row.stripe_customer_id
