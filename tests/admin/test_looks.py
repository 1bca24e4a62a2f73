"""The admin as people see it: in light and dark, at a desk and on a phone."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from payments.kinds import InboxStatus, PurchaseStatus
from payments.models import Purchase
from security.kinds import Limit, OverrideKind
from security.models import Alert
from tests.admin.device_rows import device_of
from tests.admin.payment_rows import dispute_of, refund_of
from tests.admin.rows import (
    NOW,
    alert,
    event,
    freeze,
    hold,
    limit_refusal,
    outbox_row,
    override,
    periodic_task,
    person,
    purchase,
    purchase_limits,
    row_of,
    settled_purchase,
)
from tests.admin.test_who_gets_in import url
from tests.support.browser import Visitors, visit
from tokens.queries.wallets import wallet_of

__all__ = ["visit"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]

HIDDEN_PIXELS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def site_url(live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def addresses(transactional_db: None) -> dict[str, str]:
    """Pages by name, with something to see on each."""
    held = hold()  # of what Alice has bought, before her wallet is frozen
    bought = Purchase.objects.get()
    purchase("bob")
    quarantined = purchase("dave")
    Purchase.objects.filter(id=quarantined.id).update(
        status=PurchaseStatus.QUARANTINED, quarantine_reason="amount_differs"
    )
    parked_event = event(status=InboxStatus.PARKED, error_code="ValueError", purchase_id=quarantined.id)
    raised = alert(
        "purchase-1",
        severity="critical",
        subject={"purchase_id": str(quarantined.id), "user_id": str(bought.buyer_id)},
    )
    alert(
        "purchase-2",
        severity="low",
        summary="A correctly signed event of the other Stripe mode reached the webhook.",
    )
    Alert.objects.filter(dedup_key="purchase-2").update(status="acknowledged", acknowledged_at=timezone.now())
    parked = outbox_row("alice", parked_at=NOW, attempts=20, last_error="mirror_conflict")
    task = periodic_task()
    session = row_of("djstripe.Session")
    frozen = freeze("alice")
    numbers = purchase_limits()
    override(kind=OverrideKind.BLOCKED, hourly_max=None, reason="Their card was reported as stolen.")
    granted = override(daily_max=40)
    override("bob", kind=OverrideKind.UNLIMITED, hourly_max=None)
    refused = limit_refusal(times=45)
    refunded, disputed = refund_of(bought), dispute_of(bought)
    device = device_of(bought.buyer)
    limit_refusal("bob", limit=Limit.DECLINES, times=3)
    return {
        "today": "/admin/",
        "purchases": url("payments.Purchase", "changelist"),
        "purchase": url("payments.Purchase", "change", bought.pk),
        "packages": url("tokens.Package", "changelist"),
        "package": url("tokens.Package", "change", "basic"),
        "inbox": url("payments.InboxEvent", "changelist"),
        "event": url("payments.InboxEvent", "change", parked_event.pk),
        "wallets": url("tokens.Wallet", "changelist"),
        "wallet": url("tokens.Wallet", "change", bought.wallet_account_id),
        "entries": url("tokens.Entry", "changelist"),
        "entry": url("tokens.Entry", "change", bought.entry_id),
        "alerts": url("security.Alert", "changelist"),
        "alert": url("security.Alert", "change", raised.pk),
        "freezes": url("tokens.Freeze", "changelist"),
        "freeze": url("tokens.Freeze", "change", frozen.pk),
        "purchase limits": url("security.PurchaseLimits", "change", numbers.pk),
        "overrides": url("security.Override", "changelist"),
        "override": url("security.Override", "change", granted.pk),
        "grant an override": url("security.Override", "add"),
        "refused by limits": url("security.LimitRefusal", "changelist"),
        "refused by a limit": url("security.LimitRefusal", "change", refused.pk),
        "outbox": url("mirror.OutboxRow", "changelist"),
        "outbox row": url("mirror.OutboxRow", "change", parked.pk),
        "users": url("identity.User", "changelist"),
        "user": url("identity.User", "change", bought.buyer_id),
        "sessions": url("djstripe.Session", "changelist"),
        "session": url("djstripe.Session", "change", session.pk),
        "periodic tasks": url("django_celery_beat.PeriodicTask", "changelist"),
        "periodic task": url("django_celery_beat.PeriodicTask", "change", task.pk),
        "group": url("auth.Group", "change", Group.objects.create(name="Support").pk),
        "refunds": url("payments.Refund", "changelist"),
        "refund": url("payments.Refund", "change", refunded.pk),
        "disputes": url("payments.Dispute", "changelist"),
        "dispute": url("payments.Dispute", "change", disputed.pk),
        "holds": url("tokens.Hold", "changelist"),
        "hold": url("tokens.Hold", "change", held.pk),
        "devices": url("usersessions.UserSession", "changelist"),
        "device": url("usersessions.UserSession", "change", device.pk),
        "found nothing": url("payments.Purchase", "changelist") + "?q=nobody",
    }


@pytest.mark.parametrize("window", ["light", "dark phone"])
def test_every_page_is_accessible_and_fits_its_window_and_asks_nothing_of_others(
    window: str, addresses: dict[str, str], visit: Visitors
) -> None:
    carol = person("carol", is_staff=True, is_superuser=True)
    with visit(dark="dark" in window, phone="phone" in window) as visitor:
        visitor.sign_in_quietly(carol)
        for name, address in addresses.items():
            visitor.open(address)
            visitor.look(f"admin {name} {window}")


@pytest.mark.parametrize("window", ["light", "dark phone"])
def test_a_wallet_is_frozen_by_answering_the_question(window: str, visit: Visitors) -> None:
    bought = settled_purchase("alice")
    carol = person("carol", is_staff=True, is_superuser=True)
    with visit(dark="dark" in window, phone="phone" in window) as visitor:
        visitor.sign_in_quietly(carol)
        visitor.open(url("tokens.Wallet", "change", bought.wallet_account_id))
        visitor.page.get_by_role("button", name="Freeze…").click()
        visitor.page.get_by_label("Reason").fill("Their card was reported as stolen.")
        visitor._keep_picture(f"admin asks for a reason {window}")
        assert visitor.page.evaluate(HIDDEN_PIXELS) <= 0
        visitor.page.get_by_role("button", name="Freeze", exact=True).click()
        visitor.page.get_by_text("Frozen: 1 of 1.").wait_for()
        assert visitor.page.get_by_text("Their card was reported as stolen.").is_visible()
        visitor._keep_picture(f"admin wallet frozen {window}")
        visitor.check()
    assert wallet_of(bought.buyer_id).frozen
