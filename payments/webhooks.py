"""Stripe's webhook: read a bounded body, check its signature, store and handle the event, answer."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from foundation.body_limit import announces_more_than
from foundation.client_address import client_address
from foundation.errors import Refusal
from payments.errors import BodyTooLarge, InvalidEvent, InvalidSignature
from payments.gateways.webhook_signature import read_event
from payments.kinds import StripeEvent
from payments.limits import WEBHOOK_BODY_BYTES_MAX
from payments.metrics import WEBHOOK_SECONDS
from payments.services import inbox, livemode
from security.services.signatures import flood_of, note_bad_signature

logger = logging.getLogger(__name__)


def _timed(view: Callable[[HttpRequest, float], JsonResponse]) -> Callable[[HttpRequest], JsonResponse]:
    """Measure how long each answer takes; what is raised is answered 500, and Stripe tries again."""

    @wraps(view)
    def timed(request: HttpRequest) -> JsonResponse:
        began, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value
        try:
            response = view(request, began)
            status = response.status_code
        finally:
            WEBHOOK_SECONDS.labels(status).observe(time.perf_counter() - began)
        return response

    return timed


@csrf_exempt
@require_POST
@_timed
def stripe_webhook(request: HttpRequest, began: float) -> JsonResponse:
    """Answer 200 to every event of ours, 4xx to what is no signed event, 5xx only where Stripe shall try again."""
    try:
        event = _read(request)
    except Refusal as refusal:
        return _refuse(request, refusal)
    if event.livemode != settings.STRIPE_LIVE_MODE:
        livemode.note_wrong_livemode(event=event, now=timezone.now())
        return JsonResponse({"status": "ignored"})
    status = inbox.receive_event(event=event, now=timezone.now())
    facts = {"stripe_event_id": event.id, "type": event.type, "status": status}
    logger.info("webhook.received", extra={**facts, "seconds": round(time.perf_counter() - began, 4)})
    return JsonResponse({"status": status.value})


def _read(request: HttpRequest) -> StripeEvent:
    return read_event(
        body=_bounded_body(request),
        header=request.headers.get("Stripe-Signature", ""),
        secrets=settings.STRIPE_WEBHOOK_SECRETS,
        now=timezone.now(),
    )


def _bounded_body(request: HttpRequest) -> bytes:
    """The body, of which not more than the limit is ever read, whatever Content-Length says."""
    if announces_more_than(WEBHOOK_BODY_BYTES_MAX, request.headers.get("Content-Length", "")):
        raise BodyTooLarge
    try:
        body = request.read(WEBHOOK_BODY_BYTES_MAX + 1)
    except UnreadablePostError as error:  # the sender went away, or took too long
        raise InvalidEvent("The body did not arrive.") from error
    if len(body) > WEBHOOK_BODY_BYTES_MAX:
        raise BodyTooLarge
    return body


def _refuse(request: HttpRequest, refusal: Refusal) -> JsonResponse:
    """A refused call leaves no row: it is counted, logged, and in a burst it raises one alert.

    An address that floods us with bad signatures is told to wait, and is not worth a line each.
    """
    if isinstance(refusal, InvalidSignature):
        now = timezone.now()
        note_bad_signature(now=now)
        if flood := flood_of(address=client_address(request), now=now):
            return _answer(flood)
    logger.warning("webhook.rejected", extra={"code": refusal.code})
    return _answer(refusal)


def _answer(refusal: Refusal) -> JsonResponse:
    body = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        "code": refusal.code,
    }
    response = JsonResponse(body, status=refusal.status, content_type="application/problem+json")
    if refusal.retry_after_seconds is not None:
        response["Retry-After"] = str(refusal.retry_after_seconds)
    return response
