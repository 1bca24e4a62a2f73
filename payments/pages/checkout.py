"""Coming back from Stripe's page: with a payment, or without."""

import re
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseStopPolling

from foundation.errors import Refusal
from foundation.pages import answer_refusal
from payments.errors import PurchaseNotFound
from payments.kinds import PurchaseStatus
from payments.limits import PROGRESS_POLL_MILLISECONDS, PROGRESS_REFRESH_SECONDS, PROGRESS_WAIT
from payments.models import Purchase
from payments.pages.caller import customer_id
from payments.pages.words import Progress, progress_of
from payments.queries import purchases as purchase_queries
from payments.services import checkout, purchases
from tokens.queries import wallets

SESSION_ID = re.compile(r"[A-Za-z0-9_]{1,255}")
NOT_CHANGED = 204
SEE_OTHER = 303


@never_cache
@require_safe
@login_required
def success(request: HttpRequest) -> HttpResponse:
    """The page after paying: it shows how far the payment is, and keeps asking until the tokens are there."""
    now = timezone.now()
    since = _since(request, now)
    context = {
        **_context(request, now, since),
        "poll_query": urlencode({"session_id": _session_id(request), "since": int(since.timestamp())}),
        "poll_milliseconds": PROGRESS_POLL_MILLISECONDS,
        "refresh_seconds": PROGRESS_REFRESH_SECONDS,
    }
    return render(request, "payments/success.html", context)


@never_cache
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """What the waiting page asks: nothing new (204), or its last words (286, which ends the asking)."""
    if not request.user.is_authenticated:
        back_to = f"{reverse('checkout_success')}?{urlencode({'session_id': _session_id(request)})}"
        return HttpResponseClientRedirect(redirect_to_login(back_to).url)
    now = timezone.now()
    context = _context(request, now, _since(request, now))
    told: Progress = context["progress"]
    if told.waiting:
        return HttpResponse(status=NOT_CHANGED)
    page = render(request, "payments/progress.html", {**context, "is_fragment": True})
    return HttpResponseStopPolling(page.content)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cancel(request: HttpRequest) -> HttpResponse:
    """The page after leaving Stripe's without paying. Looking at it changes nothing; a POST cancels."""
    purchase = _own_purchase(request)
    if request.method != "POST":
        return _ask(request, purchase)
    try:
        purchases.cancel_purchase(buyer_id=customer_id(request), purchase_id=purchase.id, now=timezone.now())
    except Refusal as refusal:
        return answer_refusal(_ask(request, purchase, refusal=refusal), refusal)
    return HttpResponseRedirect(reverse("purchase", args=[purchase.id]), status=SEE_OTHER)


def _ask(request: HttpRequest, purchase: Purchase, *, refusal: Refusal | None = None) -> HttpResponse:
    if purchase.status != PurchaseStatus.OPEN:
        return redirect("purchase", purchase.id)
    return render(request, "payments/cancel.html", {"purchase": purchase, "refusal": refusal})


def _own_purchase(request: HttpRequest) -> Purchase:
    try:
        purchase_id = uuid.UUID(request.GET.get("purchase", ""))
    except ValueError as error:
        raise PurchaseNotFound from error
    return purchase_queries.purchase_of(buyer_id=customer_id(request), purchase_id=purchase_id)


def _context(request: HttpRequest, now: datetime, since: datetime) -> dict[str, Any]:
    """The session's purchase, brought up to date, and the words for it; the wallet once it is paid."""
    buyer_id, session_id = customer_id(request), _session_id(request)
    purchase = purchase_queries.purchase_by_session(buyer_id=buyer_id, session_id=session_id)
    told = progress_of(purchase, now=now, patient=now < since + PROGRESS_WAIT)
    if told.waiting:
        with suppress(Refusal):  # Stripe does not answer now; the webhook and the sweep will
            checkout.refresh_from_stripe(buyer_id=buyer_id, session_id=session_id, now=now)
        purchase = purchase_queries.purchase_by_session(buyer_id=buyer_id, session_id=session_id)
        told = progress_of(purchase, now=now, patient=True)
    is_paid = purchase.status == PurchaseStatus.SETTLED
    return {
        "purchase": purchase,
        "progress": told,
        "wallet": wallets.wallet_of(buyer_id) if is_paid else None,
    }


def _session_id(request: HttpRequest) -> str:
    session_id = request.GET.get("session_id", "")
    if not SESSION_ID.fullmatch(session_id):  # PostgreSQL refuses even to look for some characters
        raise PurchaseNotFound
    return session_id


def _since(request: HttpRequest, now: datetime) -> datetime:
    """When this buyer began to wait: it is in the address, and bounds only their own asking."""
    try:
        since = datetime.fromtimestamp(int(request.GET.get("since", "")), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return now
    return min(since, now)
