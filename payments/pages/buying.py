"""The page that sells: the packages, and the start of a purchase."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation.client_address import client_address
from foundation.errors import Refusal
from foundation.ids import new_id
from foundation.pages import answer_refusal
from payments.errors import PaymentsUnavailable
from payments.kinds import PurchaseStatus
from payments.limits import PROCESSING_WAIT
from payments.pages.caller import customer_id
from payments.services import purchases
from tokens.queries import packages, prices
from tokens.queries.wallets import is_frozen

if TYPE_CHECKING:
    from tokens.models import Package

SEE_OTHER = 303


@dataclass(frozen=True, slots=True)
class Offer:
    """A package as it is offered: with the key that makes its button buy only once."""

    package: "Package"
    idempotency_key: str
    best_value: bool


@never_cache  # and so Back asks for the page anew, and for new keys
@require_http_methods(["GET", "HEAD", "POST"])
def buy_tokens(request: HttpRequest) -> HttpResponse:
    """The packages; a POST starts a purchase and leads to Stripe's page."""
    if request.method != "POST":
        return _page(request)
    if not request.user.is_authenticated:
        return redirect_to_login(request.path)
    code, key = request.POST.get("package", "").replace("\x00", ""), _key(request)
    try:
        purchase = purchases.start_purchase(
            buyer_id=customer_id(request),
            package_code=code,
            idempotency_key=key,
            address=client_address(request),
            now=timezone.now(),
        )
    except PaymentsUnavailable as refusal:
        return _page(request, refusal=refusal, keys={code: key})  # the same key resumes the purchase
    except Refusal as refusal:
        return _page(request, refusal=refusal)
    is_payable = purchase.status == PurchaseStatus.OPEN
    leads_to = purchase.checkout_url if is_payable else reverse("purchase", args=[purchase.id])
    return HttpResponseRedirect(leads_to, status=SEE_OTHER)


def _key(request: HttpRequest) -> str:
    try:
        return str(uuid.UUID(request.POST.get("idempotency_key", "")))
    except ValueError as error:
        raise BadRequest("The form carries no key.") from error


def _page(
    request: HttpRequest, *, refusal: Refusal | None = None, keys: dict[str, str] | None = None
) -> HttpResponse:
    """The packages; after a refusal with its words and its status."""
    offered = list(packages.on_sale())
    best = prices.best_value(offered)
    keys = keys or {}
    offers = [Offer(it, keys.get(it.code) or str(new_id()), it.code == best) for it in offered]
    response = render(
        request,
        "payments/buy.html",
        {
            "offers": offers,
            "some_expire": packages.some_expire(offered),
            "refusal": refusal,
            "paused": request.user.is_authenticated and is_frozen(customer_id(request)),
            "bank_days": PROCESSING_WAIT.days,
        },
    )
    return answer_refusal(response, refusal) if refusal else response
