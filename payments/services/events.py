"""What each type of Stripe event means to us. A type that is not here is stored and ignored."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from payments.gateways.stripe_api import as_text, id_of, session_facts
from payments.gateways.stripe_refunds import dispute_facts, refund_facts
from payments.kinds import Outcome
from payments.services import cards, declines, disputes, refunds
from payments.services.settlement import fail_purchase, settle_purchase

Handler = Callable[[Mapping[str, Any], datetime], Outcome]

_WITHDRAWN, _REINSTATED = 1, 2  # which of a dispute's movements these are


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


def _refund_moved(refund: Mapping[str, Any], now: datetime) -> Outcome:
    facts = refund_facts(refund)
    return refunds.note_refund(facts=facts, now=now) if facts else Outcome.IGNORED


def _charge_refunded(charge: Mapping[str, Any], now: datetime) -> Outcome:
    """Its refunds have events of their own, and this one may be here first, or the only one."""
    intent_id, cents = id_of(charge.get("payment_intent")), charge.get("amount_refunded")
    if not intent_id or not isinstance(cents, int) or cents < 0:
        return Outcome.IGNORED
    return refunds.note_charge_refunded(payment_intent_id=intent_id, amount_cents=cents, now=now)


def _dispute_moved(dispute: Mapping[str, Any], now: datetime, movements: int = 0) -> Outcome:
    """`movements` is how often its money has moved at least by what the event is called: its list may lag behind."""
    facts = dispute_facts(dispute)
    if facts is None:
        return Outcome.IGNORED
    if facts.movements < movements:
        facts = replace(facts, movements=movements, is_withheld=movements == _WITHDRAWN)
    return disputes.note_dispute(facts=facts, now=now)


def _funds_withdrawn(dispute: Mapping[str, Any], now: datetime) -> Outcome:
    return _dispute_moved(dispute, now, _WITHDRAWN)


def _funds_reinstated(dispute: Mapping[str, Any], now: datetime) -> Outcome:
    return _dispute_moved(dispute, now, _REINSTATED)


def _fraud_warned(warning: Mapping[str, Any], now: datetime) -> Outcome:
    intent_id, warning_id = id_of(warning.get("payment_intent")), as_text(warning.get("id"))
    if not intent_id or not warning_id:
        return Outcome.IGNORED
    return disputes.note_fraud_warning(
        payment_intent_id=intent_id,
        warning_id=warning_id,
        fraud_type=as_text(warning.get("fraud_type")),
        now=now,
    )


HANDLERS: Mapping[str, Handler] = {
    "checkout.session.completed": _session_moved,
    "checkout.session.async_payment_succeeded": _session_moved,
    "checkout.session.async_payment_failed": _payment_failed_later,
    "checkout.session.expired": _session_moved,
    "payment_intent.payment_failed": _card_declined,
    "charge.succeeded": _card_charged,
    "refund.created": _refund_moved,
    "refund.updated": _refund_moved,
    "refund.failed": _refund_moved,
    "charge.refunded": _charge_refunded,
    "charge.dispute.created": _dispute_moved,
    "charge.dispute.updated": _dispute_moved,
    "charge.dispute.closed": _dispute_moved,
    "charge.dispute.funds_withdrawn": _funds_withdrawn,
    "charge.dispute.funds_reinstated": _funds_reinstated,
    "radar.early_fraud_warning.created": _fraud_warned,
}


def handle(*, event_type: str, data: Mapping[str, Any], now: datetime) -> Outcome:
    """Do what an event asks for, within the caller's transaction.

    :raises PurchaseUnknown: `purchase_unknown`: it names a purchase that is not here.
    :raises PaymentNotSettled: `payment_not_settled`: it speaks of a payment that is not settled here yet.
    """
    handler = HANDLERS.get(event_type)
    return handler(data, now) if handler else Outcome.IGNORED
