"""The page of a customer: everything that support is asked about, and what may be done next."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from backoffice.admin import timeline
from backoffice.admin.customer_tables import sections_of
from backoffice.kinds import Customer, Topic
from backoffice.limits import CUSTOMER_TIMELINE_ROWS, TIMELINE_PAGE_SIZE
from foundation.admin import FROM_ROW, change_url, page_of, sees
from foundation.admin_lists import list_url
from identity.queries.users import person
from payments.queries.stripe_dashboard import dashboard_url
from tokens.errors import WalletNotFound
from tokens.queries.wallets import WalletState, wallet_of

USER = "identity.User"
WALLET = "tokens.Wallet"


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the wallet, in tokens."""

    title: str
    tokens: int
    is_urgent: bool = False


@require_safe
def customer_page(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """Show the customer.

    :raises PermissionDenied: who asks may not see people.
    """
    user = _customer(request, user_id)
    wallet = _wallet(request, user_id)
    customer = Customer(user_id, wallet.account_id if wallet else None)
    context = {
        "title": f"Customer {user}",
        "customer": user,
        "facts": _facts(request, user),
        "wallet": wallet,
        "numbers": _numbers(wallet) if wallet else [],
        "steps": _steps(request, user, wallet),
        "timeline": timeline.page(request, customer, topic=None, cursor="", size=CUSTOMER_TIMELINE_ROWS),
        "sections": sections_of(request, user, wallet),
    }
    return TemplateResponse(request, "admin/customer.html", {**admin.site.each_context(request), **context})


@require_safe
def customer_timeline(request: HttpRequest, user_id: uuid.UUID) -> HttpResponse:
    """Show what happened to the customer, a page at a time; `topic` narrows it, `before` goes on."""
    user = _customer(request, user_id)
    try:
        topic = Topic(request.GET["topic"]) if request.GET.get("topic") else None
        wallet = _wallet(request, user_id)
        shown = timeline.page(
            request,
            Customer(user_id, wallet.account_id if wallet else None),
            topic=topic,
            cursor=request.GET.get("before", ""),
            size=TIMELINE_PAGE_SIZE,
        )
    except ValueError as error:
        raise Http404(str(error)) from error
    context = {
        "title": f"Timeline of {user}",
        "customer": user,
        "timeline": shown,
        "topics": Topic,
        "topic": topic,
        "is_continued": "before" in request.GET,
    }
    return TemplateResponse(
        request, "admin/customer_timeline.html", {**admin.site.each_context(request), **context}
    )


def _customer(request: HttpRequest, user_id: uuid.UUID) -> Any:
    if not sees(request, USER):
        raise PermissionDenied
    user = person(user_id).select_related("stripe_customer").first()
    if user is None:
        raise Http404("There is no such customer.")
    return user


def _wallet(request: HttpRequest, user_id: uuid.UUID) -> WalletState | None:
    """The wallet, if one was opened and this person may see wallets."""
    if not sees(request, WALLET):
        return None
    try:
        return wallet_of(user_id, now=timezone.now())
    except WalletNotFound:
        return None


def _numbers(wallet: WalletState) -> list[Number]:
    return [
        Number("Available", wallet.available),
        Number("Balance", wallet.balance),
        Number("Held", wallet.held),
        Number("Debt", wallet.debt, is_urgent=wallet.debt > 0),
        Number("Bought, ever", wallet.total_purchased),
        Number("Given, ever", wallet.total_earned),
        Number("Spent, ever", wallet.total_spent),
    ]


def _facts(request: HttpRequest, user: Any) -> list[tuple[str, str, str]]:
    """What the customer is known by: words, the value, and an address behind it."""
    stripe = getattr(user, "stripe_customer", None)
    facts = [
        ("E-mail", user.email or "", ""),
        ("Name", user.display_name, ""),
        ("User id", str(user.id), change_url(USER, user.id)),
        ("Firebase uid", user.firebase_uid or "", ""),
        ("Joined", f"{user.date_joined:%Y-%m-%d %H:%M}", ""),
        ("Last sign-in here", f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "", ""),
    ]
    if stripe and sees(request, "payments.StripeCustomer"):
        stripe_id = stripe.stripe_customer_id
        facts.append(("At Stripe", stripe_id, dashboard_url(stripe_id, livemode=settings.STRIPE_LIVE_MODE)))
    return [fact for fact in facts if fact[1]]


def _steps(request: HttpRequest, user: Any, wallet: WalletState | None) -> dict[str, Any]:
    """What this person may do next: the wallet's own actions, which ask before they act, and other pages' forms."""
    here = reverse("admin:customer", args=[user.id])
    steps: dict[str, Any] = {"from_row": FROM_ROW, "here": here, "actions": [], "links": []}
    if wallet:
        page = page_of(WALLET)
        row = page.get_object(request, str(wallet.account_id))
        steps["actions"] = page.row_actions(request, row)
        steps["row_id"], steps["list"] = wallet.account_id, list_url(WALLET)
    if page_of("security.Override").has_add_permission(request):
        url = reverse("admin:security_override_add")
        steps["links"].append(("Override the limits…", f"{url}?user={user.id}"))
    return steps
