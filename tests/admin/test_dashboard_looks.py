"""The dashboard as people see it, and as those hear it who do not see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from payments.models import Purchase
from tests.admin.rows import alert, limit_refusal, person, purchase, settled_purchase
from tests.support.browser import Visitors, visit

__all__ = ["visit"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("browser"),
]
OURS = {"include": [["#content"]]}  # the frame around it is the theme's


@pytest.fixture
def site_url(live_server: Any) -> str:
    return str(live_server.url)


@pytest.fixture
def history(transactional_db: None) -> None:
    """A month of sales, more of them every day."""
    now = timezone.now()
    for number, name in enumerate(("alice", "bob", "dave", "erin", "frank", "grace", "harry")):
        bought = settled_purchase(name)
        at = now - timedelta(days=number**2 // 2, minutes=5)
        Purchase.objects.filter(id=bought.id).update(started_at=at, settled_at=at)
    purchase("ivy", started_at=now)
    alert("purchase-1", severity="critical", now=now)
    alert("purchase-2", severity="low", now=datetime(2026, 3, 1, tzinfo=UTC))
    limit_refusal()


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("window", ["light", "dark phone"])
def test_the_dashboard_is_readable_for_everybody(window: str, visit: Visitors) -> None:
    with visit(dark="dark" in window, phone="phone" in window) as visitor:
        visitor.sign_in_quietly(person("carol", is_staff=True, is_superuser=True))
        visitor.open("/admin/")
        visitor._keep_picture(f"dashboard {window}")
        found = Axe().run(visitor.page, context=OURS)
        assert found.violations_count == 0, found.generate_report()
        visitor.check()
