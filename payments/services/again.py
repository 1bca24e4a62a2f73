"""What staff have done once more: Stripe asked how a purchase stands, an event of its processed."""

import uuid
from datetime import datetime

from identity.kinds import Actor, Right
from identity.services import audit, rights
from payments.errors import EventNotFound, PurchaseNotFound, SessionNotOpened
from payments.kinds import InboxStatus, Outcome
from payments.models import InboxEvent, Purchase
from payments.services.checkout import ask_stripe
from payments.services.inbox import process_event


def ask_stripe_again(*, purchase_id: uuid.UUID, reason: str = "", actor: Actor, now: datetime) -> Outcome:
    """Bring a purchase to where Stripe says it stands. That it was asked for is recorded before Stripe is.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises PurchaseNotFound: `purchase_not_found`.
    :raises SessionNotOpened: `session_not_opened`: Stripe knows nothing of it.
    :raises PaymentsUnavailable: `payments_unavailable`.
    :raises StripeRefused: `stripe_refused`.
    """
    rights.require(Right.ASK_STRIPE, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    purchase = Purchase.objects.only("stripe_session_id").filter(id=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    if not purchase.stripe_session_id:
        raise SessionNotOpened
    audit.record(
        actor=actor,
        action="purchase.ask_stripe",
        subject_kind="purchase",
        subject_id=purchase_id,
        reason=reason,
        now=now,
    )
    return ask_stripe(session_id=purchase.stripe_session_id, now=now)


def resend_event(*, event_id: uuid.UUID, reason: str = "", actor: Actor, now: datetime) -> InboxStatus:
    """Handle a stored event again; one that is done changes nothing. That it was asked for is recorded first.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises ReasonMissing: `reason_missing`: staff say why.
    :raises EventNotFound: `event_not_found`.
    """
    rights.require(Right.RESEND_EVENT, actor=actor)
    audit.require_reason(reason=reason, actor=actor)
    event = InboxEvent.objects.only("stripe_event_id", "status").filter(id=event_id).first()
    if event is None:
        raise EventNotFound
    facts = {"stripe_event_id": event.stripe_event_id, "status": event.status}
    audit.record(
        actor=actor,
        action="inboxevent.resend",
        subject_kind="inboxevent",
        subject_id=event_id,
        reason=reason,
        facts=facts,
        now=now,
    )
    return process_event(event_id=event_id, now=now)
