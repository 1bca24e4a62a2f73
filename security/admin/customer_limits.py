"""What holds for a customer and why, what else has held, and what was refused: on every page about one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from foundation.admin import DASH, link, may, table
from foundation.panels import Tables, register_panel
from security.limits import OVERRIDES_OF_CUSTOMER_SHOWN, REFUSALS_OF_CUSTOMER_SHOWN
from security.models import LimitRefusal, Override, PurchaseLimits
from security.queries.limit_refusals import refusals_of
from security.queries.purchase_limits import limits_set, limits_with, overrides_of

NO_LIMIT = "any number"


def limits_panel(request: HttpRequest, user: Any) -> Tables:
    """The tables about this customer that the person may see."""
    tables: Tables = []
    if may(request, "view", Override):
        overrides = list(overrides_of(user.id)[:OVERRIDES_OF_CUSTOMER_SHOWN])
        tables += [
            ("Limits on purchases in force", _in_force(overrides)),
            ("Overrides", _overrides(overrides)),
        ]
    if may(request, "view", LimitRefusal):
        tables.append(("Refused by limits", _refusals(user)))
    return tables


register_panel("identity.User", limits_panel)


def _in_force(overrides: Sequence[Override]) -> dict[str, Any]:
    """Of the customer's overrides only the newest can be in force: each replaces the one before."""
    now, row = timezone.now(), limits_set()
    override = next((each for each in overrides if each.is_in_force(now)), None)
    limits = limits_with(override, everybodys=row)
    everybodys = _why_everybodys(row)
    rows = []
    for period, allowed, is_own in (
        ("An hour", limits.hourly_max, override and _replaces(override, override.hourly_max)),
        ("A day", limits.daily_max, override and _replaces(override, override.daily_max)),
    ):
        why = _why_own(override) if override and is_own else everybodys
        rows.append((period, NO_LIMIT if allowed is None else allowed, why))
    return table(("Purchases", "Allowed", "Why"), rows)


def _replaces(override: Override, number: int | None) -> bool:
    """Whether it says anything about this period: it may name the other one only."""
    return number is not None or (override.hourly_max is None and override.daily_max is None)


def _why_own(override: Override) -> str:
    words = f"{override.get_kind_display()}, until {moment(override.ends_at)}"
    return format_html("{}: {}", link(Override, override.id, words), override.reason)


def _why_everybodys(row: PurchaseLimits | None) -> str:
    if row is None:
        return "Everybody's: the numbers of the start"
    return format_html("{}: {}", link(PurchaseLimits, row.id, "Everybody's"), row.reason)


def _overrides(overrides: Sequence[Override]) -> dict[str, Any]:
    return table(
        ("Override", "Status", "Granted", "Until", "Reason"),
        (
            (
                link(Override, override.id, override),
                override.get_status_display(),
                moment(override.granted_at),
                moment(override.ends_at),
                override.reason,
            )
            for override in overrides
        ),
    )


def _refusals(user: Any) -> dict[str, Any]:
    return table(
        ("Limit", "Allowed", "Times refused", "Last", "Mistake"),
        (
            (
                link(LimitRefusal, refusal.id, refusal.get_limit_display()),
                refusal.allowed,
                f"{refusal.count:,}",
                moment(refusal.last_refused_at),
                label_of(refusal),
            )
            for refusal in refusals_of(user.id)[:REFUSALS_OF_CUSTOMER_SHOWN]
        ),
    )


def label_of(refusal: LimitRefusal) -> str:
    """What staff say of it, in a word."""
    return {None: "not judged", True: "mistake", False: "right"}[refusal.is_mistake]


def moment(at: datetime | None) -> str:
    """A time as these tables tell it."""
    return f"{at:%Y-%m-%d %H:%M}" if at else DASH
