"""What each type of Stripe event means to us. A type that is not here is stored and ignored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payments.gateways.stripe_api import session_facts
from payments.kinds import Outcome
from payments.services import cards, declines
from payments.services.settlement import fail_purchase, settle_purchase

Handler = Callable[[Mapping[str, Any], datetime], Outcome]


def _session_moved(session: Mapping[str, Any], now: datetime) -> Outcome:
    """`completed` is not `paid`: settlement looks at the session's payment status."""
    facts = session_facts(session)
    return settle_purchase(session=facts, now=now) if facts.purchase_id else Outcome.IGNORED


def _payment_failed_later(session: Mapping[str, Any], now: datetime) -> Outcome:
    facts = session_facts(session)
    return fail_purchase(session=facts, now=now) if facts.purchase_id else Outcome.IGNORED


def _card_declined(intent: Mapping[str, Any], now: datetime) -> Outcome:
    return declines.note_decline(intent=intent, now=now)


def _card_charged(charge: Mapping[str, Any], now: datetime) -> Outcome:
    return cards.note_charge(charge=charge, now=now)


HANDLERS: Mapping[str, Handler] = {
    "checkout.session.completed": _session_moved,
    "checkout.session.async_payment_succeeded": _session_moved,
    "checkout.session.async_payment_failed": _payment_failed_later,
    "checkout.session.expired": _session_moved,
    "payment_intent.payment_failed": _card_declined,
    "charge.succeeded": _card_charged,
}


def handle(*, event_type: str, data: Mapping[str, Any], now: datetime) -> Outcome:
    """Do what an event asks for, within the caller's transaction.

    :raises PurchaseUnknown: `purchase_unknown`: it names a purchase that is not here.
    """
    handler = HANDLERS.get(event_type)
    return handler(data, now) if handler else Outcome.IGNORED
