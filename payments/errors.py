"""Every way payments says no."""

from foundation.errors import Refusal
from payments.limits import PAYMENTS_RETRY_SECONDS


class PaymentsUnavailable(Refusal):
    """Stripe cannot be reached, or cannot take payments now. The same request may be tried again."""

    code = "payments_unavailable"
    status = 503
    title = "Payments are not available at the moment."

    def __init__(self, detail: str = "", **members: object) -> None:
        super().__init__(detail, retry_after_seconds=PAYMENTS_RETRY_SECONDS, **members)


class StripeRefused(Refusal):
    """Stripe understood a request of ours and refused it; `stripe_code` says why."""

    code = "stripe_refused"
    status = 502
    title = "Stripe refused the request."


class PurchaseEnded(Refusal):
    """The key belongs to a purchase that failed, expired or was canceled: it cannot be paid any more."""

    code = "purchase_ended"
    status = 409
    title = "This purchase has ended. Start another one, with a key of its own."


class PurchaseNotFound(Refusal):
    """No such purchase, or another customer's."""

    code = "purchase_not_found"
    status = 404
    title = "There is no such purchase."


class PurchaseKeyReused(Refusal):
    """The idempotency key belongs to a purchase of another package."""

    code = "idempotency_key_reused"
    status = 409
    title = "This idempotency key was used for another purchase."


class InvalidSignature(Refusal):
    """The webhook's signature is missing, wrong, or too old or too far ahead."""

    code = "invalid_signature"
    status = 400
    title = "The signature is not valid."


class InvalidEvent(Refusal):
    """The webhook's body is not a Stripe event."""

    code = "invalid_event"
    status = 400
    title = "The body is not an event."


class BodyTooLarge(Refusal):
    """The webhook's body is larger than any event."""

    code = "body_too_large"
    status = 413
    title = "The body is too large."


class PurchaseUnknown(Refusal):
    """A verified event names a purchase that is not here (yet): stored, and tried again by the sweep."""

    code = "purchase_unknown"
    status = 404
    title = "The event names a purchase that is not known."


class EventNotFound(Refusal):
    """No event with this id is in the inbox."""

    code = "event_not_found"
    status = 404
    title = "There is no such event."


class SessionNotOpened(Refusal):
    """The purchase has no Checkout session that Stripe could be asked about."""

    code = "session_not_opened"
    status = 409
    title = "No Checkout session was opened for this purchase."


class SecretStoreUnavailable(Refusal):
    """The secret store cannot be reached, or does not let us: the same may be tried again."""

    code = "secret_store_unavailable"
    status = 503
    title = "The secret store does not answer, or does not let us in."


class EndpointNotOurs(Refusal):
    """The webhook endpoint at Stripe cannot be used as it is, and no update makes it so."""

    code = "endpoint_not_ours"
    status = 409
    title = "The webhook endpoint at Stripe has to be replaced: run this with --rotate."


class NoRotation(Refusal):
    """There is no webhook endpoint to replace, or none that replaces another."""

    code = "no_rotation"
    status = 409
    title = "There is no rotation to begin or to finish: run this without --rotate and --finish first."


class PaymentNotSettled(Refusal):
    """An event speaks of a payment that is not settled here (yet): it waits for that."""

    code = "payment_not_settled"
    status = 409
    title = "The payment that this speaks of is not settled."


class RefundNotPossible(Refusal):
    """The purchase has no payment that could be given back: unpaid, or disputed and not won."""

    code = "refund_not_possible"
    status = 409
    title = "This purchase has no payment that can be given back."


class RefundTooLarge(Refusal):
    """More than is left of the payment. Member: `left_cents`."""

    code = "refund_too_large"
    status = 409
    title = "That is more than is left of this payment."


class RefundRefused(Refusal):
    """Stripe did not make the refund; `stripe_code` says why."""

    code = "refund_refused"
    status = 409
    title = "Stripe refused to give this payment back."


class RefundAmountMalformed(Refusal):
    """The amount to give back is no amount of the payment's currency."""

    code = "refund_amount_malformed"
    status = 400
    title = "That is no amount of this currency."


class ListTooLong(Refusal):
    """One of Stripe's lists has more pages than a reconciliation reads."""

    code = "list_too_long"
    status = 409
    title = "Stripe has too many objects since then: choose a later moment."


class RefundNotFound(Refusal):
    """No refund was requested under this key."""

    code = "refund_not_found"
    status = 404
    title = "There is no such refund."


class PurchaseNotQuarantined(Refusal):
    """Only what was quarantined is released, and once."""

    code = "purchase_not_quarantined"
    status = 409
    title = "This purchase is not quarantined, or not any more."


class NothingToRelease(Refusal):
    """A release credits what was bought for what was paid; here one of the two is nothing."""

    code = "nothing_to_release"
    status = 409
    title = "Nothing was paid, or nothing was sold: refund the payment, or adjust the wallet."


class DiscrepancyEnded(Refusal):
    """It was repaired, or resolved, or is gone."""

    code = "discrepancy_ended"
    status = 409
    title = "This discrepancy has ended already."


class DiscrepancyNeedsPerson(Refusal):
    """No service mends it: somebody has to find out what happened, and resolve it."""

    code = "discrepancy_needs_person"
    status = 409
    title = "This cannot be repaired by itself: find out what happened, and resolve it."


class DiscrepancyNotRepaired(Refusal):
    """The repair was made, and the difference is still there."""

    code = "discrepancy_not_repaired"
    status = 409
    title = "The repair did not help: the difference is still there."


class AssigneeNotStaff(Refusal):
    """Only members of staff work on cases."""

    code = "assignee_not_staff"
    status = 409
    title = "Only a member of staff can be given this."
