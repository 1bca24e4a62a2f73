"""dj-stripe's copy of Stripe's objects, for staff and reconciliation. A credit never depends on it."""

from collections.abc import Collection, Mapping
from typing import Any

import stripe
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, transaction
from djstripe.models import Event, Refund

from payments.errors import PaymentsUnavailable, StripeRefused


def copy_objects_of_event(payload: Mapping[str, Any]) -> None:
    """Have dj-stripe store a verified event and the objects it speaks of. It asks Stripe for those itself.

    `Event.process` stores an event once and ignores it ever after, though its handlers failed, so a failed run
    removes what it stored: the next try starts afresh. What else dj-stripe may raise goes through as it is.

    :raises PaymentsUnavailable: `payments_unavailable`: worth trying again.
    :raises StripeRefused: `stripe_refused`: dj-stripe cannot make anything of it.
    """
    try:
        Event.process(dict(payload))
        _copy_refund(payload["data"]["object"])
    except stripe.InvalidRequestError as error:
        raise StripeRefused(stripe_code=error.code or "invalid_request") from error
    except stripe.StripeError as error:
        raise PaymentsUnavailable from error
    except (ObjectDoesNotExist, DatabaseError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise StripeRefused(stripe_code=type(error).__name__) from error


def _copy_refund(thing: Mapping[str, Any]) -> None:
    """Store a refund as Stripe has it now: dj-stripe's own handlers leave refunds out.

    In no transaction of ours: Stripe is asked for the refund, and for its charge where that was not copied yet.
    """
    if thing.get("object") == "refund":
        Refund.sync_from_stripe_data(Refund(id=thing["id"]).api_retrieve())


def forget_events(event_ids: Collection[str]) -> None:
    """Remove dj-stripe's rows of these events: what they said, and that they were processed."""
    with transaction.atomic():
        Event.objects.filter(id__in=event_ids).only("id").delete()  # Django reads what it deletes
