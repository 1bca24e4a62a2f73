"""The back office as its staff see it: from an id on a bank statement to the customer, accessible in every window.

docs/backoffice.md says how the pictures in docs/screenshots are made.
"""

from typing import Any

import pytest
from django.utils.timezone import now

from identity.models import User
from payments.models import InboxEvent
from security.kinds import AlertKind, Severity
from security.models import Alert
from security.services.alerts import raise_alert
from tests.admin.device_rows import device_of
from tests.support.browser import Visitors
from tests.support.shop import Shop

SHOWN: dict[str, dict[str, Any]] = {"light": {}, "dark": {"dark": True}, "phone": {"phone": True}}


@pytest.fixture
def carol(shop: Shop) -> User:
    """Who may do everything."""
    carol = shop.customer("carol")
    User.objects.filter(id=carol.id).update(is_staff=True, is_superuser=True)
    carol.refresh_from_db()
    return carol


def test_support_finds_a_customer_by_the_id_on_a_bank_statement(
    visit: Visitors, shop: Shop, alice: User, carol: User
) -> None:
    bought = shop.buy("alice", "basic")
    charge = InboxEvent.objects.get(
        type="charge.succeeded", payment_intent_id=bought.stripe_payment_intent_id
    )
    with visit() as visitor:
        visitor.sign_in_quietly(carol)
        visitor.open("/admin/")
        sought = visitor.page.get_by_role("searchbox", name="Search by an address or an id")
        sought.fill(charge.object_id)
        sought.press("Enter")
        visitor.page.get_by_role("heading", name="Step by step").wait_for()
        assert visitor.page.url.endswith(f"/admin/payments/purchase/{bought.id}/change/")
        visitor.page.get_by_role("main").get_by_role("link", name=str(alice)).click()
        visitor.page.get_by_role("heading", name="Timeline").wait_for()
        assert visitor.page.url.endswith(f"/admin/customers/{alice.id}/")

        visitor.page.keyboard.press("Control+k")
        typed = visitor.page.get_by_role("searchbox", name="An address, an id, or a page")
        typed.press_sequentially(str(bought.entry_id))
        visitor.page.locator("#command-results-list li.active").wait_for()
        typed.press("Enter")
        visitor.page.wait_for_url(f"**/admin/tokens/entry/{bought.entry_id}/change/")


@pytest.mark.parametrize("window", SHOWN)
def test_the_pages_that_staff_work_on_are_accessible_and_fit(
    window: str, visit: Visitors, shop: Shop, alice: User, carol: User
) -> None:
    bought, other = shop.buy("alice", "basic"), shop.buy("alice", "premium")
    shop.stripe.refund(other.stripe_payment_intent_id, 500)
    shop.stripe.wait_until_idle(ignore_retries=True)
    raise_alert(
        kind=AlertKind.SOLD_OTHERWISE,
        severity=Severity.HIGH,
        dedup_key=str(bought.id),
        summary="Another price was paid than was asked for.",
        subject={"purchase_id": str(bought.id), "user_id": str(alice.id)},
        now=bought.started_at,
    )
    alert = Alert.objects.get(dedup_key=str(bought.id))
    device_of(
        alice,
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        last_seen_at=now(),
    )
    with visit(**SHOWN[window]) as visitor:
        visitor.sign_in_quietly(carol)
        for name, path in {
            "dashboard": "/admin/",
            "customer": f"/admin/customers/{alice.id}/",
            "customer-timeline": f"/admin/customers/{alice.id}/timeline/",
            "purchase": f"/admin/payments/purchase/{other.id}/change/",
            "alert": f"/admin/security/alert/{alert.id}/change/",
            "search": "/admin/search/?s=cs_test_",
        }.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")
