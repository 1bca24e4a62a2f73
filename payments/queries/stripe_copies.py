"""Reads dj-stripe's copies of the Stripe objects of a purchase."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from payments.limits import CHARGES_SHOWN_MAX
from payments.models import Purchase


@dataclass(frozen=True, slots=True)
class StripeCopy:
    """An object of Stripe's that a purchase has: its kind and id, and how it stood when it was copied, if it was."""

    kind: str
    stripe_id: str
    status: str = ""
    copied_at: datetime | None = None
    pk: Any = None


def copies_of(purchase: Purchase) -> list[StripeCopy]:
    """The purchase's objects, in the order in which they come into being; those not copied yet as well."""
    named = [
        _copy("Customer", purchase.stripe_customer_id),
        _copy("Price", purchase.stripe_price_id),
        _copy("Session", purchase.stripe_session_id or ""),
        _copy("PaymentIntent", purchase.stripe_payment_intent_id),
    ]
    return [copy for copy in named if copy.stripe_id] + _charges(purchase.stripe_payment_intent_id)


def _copy(kind: str, stripe_id: str) -> StripeCopy:
    row = _rows(kind).filter(id=stripe_id).first() if stripe_id else None
    return _told(kind, row) if row else StripeCopy(kind, stripe_id)


def _charges(payment_intent_id: str) -> list[StripeCopy]:
    """Each try to pay: declined ones have a charge, too."""
    if not payment_intent_id:
        return []
    rows = _rows("Charge").filter(payment_intent_id=payment_intent_id).order_by("created")
    return [_told("Charge", row) for row in rows[:CHARGES_SHOWN_MAX]]


def _rows(kind: str) -> QuerySet[Any]:
    model: Any = apps.get_model("djstripe", kind)
    rows: QuerySet[Any] = model.objects.all()
    return rows


def _told(kind: str, row: Any) -> StripeCopy:
    status = str((row.stripe_data or {}).get("status") or "")
    return StripeCopy(kind, row.id, status, row.djstripe_updated, row.pk)
