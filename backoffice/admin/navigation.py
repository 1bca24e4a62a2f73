"""The side bar: pages by what people do. Nobody sees a page that they may not open."""

from itertools import chain
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from backoffice.admin.acts.act import Act
from backoffice.admin.acts.grants import Grants
from foundation.admin import sees
from foundation.admin_lists import list_url

# Group, and its pages: words, a Material symbol, the table.
GROUPS: Final[tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = (
    (
        "Decisions",
        (("Proposals", "how_to_vote", "backoffice.Proposal"),),
    ),
    (
        "Sales",
        (
            ("Purchases", "shopping_cart", "payments.Purchase"),
            ("Refunds", "undo", "payments.Refund"),
            ("Disputes", "gavel", "payments.Dispute"),
            ("Packages", "sell", "tokens.Package"),
        ),
    ),
    (
        "Ledger",
        (
            ("Wallets", "account_balance_wallet", "tokens.Wallet"),
            ("Freezes", "ac_unit", "tokens.Freeze"),
            ("Entries", "receipt_long", "tokens.Entry"),
            ("Lots", "stacks", "tokens.Lot"),
            ("Holds", "lock_clock", "tokens.Hold"),
        ),
    ),
    (
        "Stripe",
        (
            ("Inbox", "inbox", "payments.InboxEvent"),
            ("Checkout sessions", "point_of_sale", "djstripe.Session"),
            ("Payment intents", "payments", "djstripe.PaymentIntent"),
            ("Charges", "credit_card", "djstripe.Charge"),
            ("Customers", "contacts", "djstripe.Customer"),
            ("Prices", "price_change", "djstripe.Price"),
            ("Events", "bolt", "djstripe.Event"),
        ),
    ),
    (
        "Reconciliation",
        (
            ("Discrepancies", "rule", "payments.Discrepancy"),
            ("Runs", "fact_check", "payments.ReconciliationRun"),
        ),
    ),
    (
        "Mirror",
        (
            ("Outbox", "outbox", "mirror.OutboxRow"),
            ("Delivered", "cloud_done", "mirror.MirroredSubject"),
            ("Documents", "description", "mirror.MirroredDocument"),
            ("Drift", "difference", "mirror.Drift"),
        ),
    ),
    (
        "Security",
        (
            ("Alerts", "notifications", "security.Alert"),
            ("Purchase limits", "speed", "security.PurchaseLimits"),
            ("Overrides", "tune", "security.Override"),
            ("Limit refusals", "front_hand", "security.LimitRefusal"),
        ),
    ),
    (
        "People",
        (
            ("API keys", "key", "identity.ApiKey"),
            ("Audit trail", "history", "identity.AuditRecord"),
            ("E-mail addresses", "mail", "account.EmailAddress"),
            ("Connected accounts", "link", "socialaccount.SocialAccount"),
            ("Devices", "devices", "usersessions.UserSession"),
            ("Groups", "group", "auth.Group"),
        ),
    ),
    (
        "System",
        (
            ("Periodic tasks", "schedule", "django_celery_beat.PeriodicTask"),
            ("Intervals", "timelapse", "django_celery_beat.IntervalSchedule"),
            ("Crontabs", "calendar_clock", "django_celery_beat.CrontabSchedule"),
        ),
    ),
)
# What is done to no row that is there already, by the group in which it stands: words, a symbol, the action.
ACTS: Final[dict[str, tuple[tuple[str, str, Act], ...]]] = {
    "Decisions": (("Grant to many", "redeem", Grants()),),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Give unfold the groups with the pages that this person may open, and say which of them this is."""
    home = {"title": "Today", "icon": "home", "link": reverse("admin:index")}
    first = [home, *_items(request, (("Customers", "person_search", "identity.User"),))]
    groups: list[dict[str, Any]] = [
        {"title": title, "separator": True, "items": [*_items(request, pages), *_acts(request, title)]}
        for title, pages in GROUPS
    ]
    shown = [{"items": first}, *(group for group in groups if group["items"])]
    _mark(list(chain.from_iterable(group["items"] for group in shown)), request.path)
    return shown


def pages_called(request: HttpRequest, words: str) -> list[dict[str, Any]]:
    """The pages of the side bar with these words in their name; none for no words."""
    pages = [
        {**page, "description": group.get("title", "")}
        for group in navigation(request)
        for page in group["items"]
    ]
    return [page for page in pages if words and words.lower() in page["title"].lower()]


def environment(_: HttpRequest) -> list[str] | None:
    """Give unfold the label that marks an installation where nothing is real."""
    return ["Sandbox", "warning"] if settings.SANDBOX else None


def _mark(items: list[dict[str, Any]], path: str) -> None:
    """The page that is open is the one whose address is the longest beginning of this; all begin like the first."""
    home, *others = (str(item["link"]) for item in items)
    here = max(
        (link for link in others if path.startswith(link)), key=len, default=home if path == home else ""
    )
    for item in items:
        item["active"] = item["link"] == here


def _acts(request: HttpRequest, group: str) -> list[dict[str, Any]]:
    return [
        {"title": title, "icon": icon, "link": reverse(f"admin:act_{act.name}")}
        for title, icon, act in ACTS.get(group, ())
        if any(request.user.has_perm(right) for right in act.rights)
    ]


def _items(request: HttpRequest, pages: tuple[tuple[str, str, str], ...]) -> list[dict[str, Any]]:
    items = []
    for title, icon, label in pages:
        if sees(request, label):
            items.append({"title": title, "icon": icon, "link": list_url(label)})
    return items
