"""The pages on which staff act, decide and look back: accessible, and fit, at a desk and on a phone in the dark."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.models import Proposal
from identity.models import AuditRecord, User
from payments.models import Discrepancy, DiscrepancyNote
from tests.admin.payment_rows import discrepancy_of, run_of
from tests.admin.proposal_rows import proposal_of
from tests.support.browser import Visitors
from tests.support.shop import Shop, open_customer

WINDOWS: dict[str, dict[str, Any]] = {"desk": {}, "dark-phone": {"dark": True, "phone": True}}
GIFTS = "user,tokens\nalice@example.com,100\nghost@example.com,5\nalice@example.com,50\nbob@example.com,-1\n"


def boss(name: str) -> User:
    """Somebody who may do everything."""
    user = open_customer(name)
    User.objects.filter(id=user.id).update(is_staff=True, is_superuser=True)
    user.refresh_from_db()
    return user


@pytest.fixture
def kept(shop: Shop, alice: User) -> Proposal:
    """A proposal about a wallet that has changed since."""
    shop.buy("alice", "basic")
    made = proposal_of(alice, boss("dave"))
    shop.buy("alice", "pro")
    return made


@pytest.fixture
def found(kept: Proposal) -> Discrepancy:
    """What reconciliation has found and somebody has looked into."""
    run_of()
    row = discrepancy_of(first_seen_at=timezone.now(), last_seen_at=timezone.now())
    words = "The bank says that the payment is on its way; asked again on Monday."
    DiscrepancyNote.objects.create(
        discrepancy=row, words=words, written_by="dave@example.com", written_at=timezone.now()
    )
    return row


@pytest.mark.parametrize("window", WINDOWS)
def test_the_pages_on_which_staff_decide_and_look_back_are_accessible_and_fit(
    window: str, visit: Visitors, shop: Shop, kept: Proposal, found: Discrepancy
) -> None:
    record = AuditRecord.objects.latest("at")
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(boss("carol"))
        for name, path in {
            "proposals": reverse("admin:backoffice_proposal_changelist"),
            "proposal": reverse("admin:backoffice_proposal_change", args=[kept.id]),
            "proposal-decide": reverse("admin:act_decide", args=[kept.id]),
            "audit-trail": reverse("admin:identity_auditrecord_changelist"),
            "audit-record": reverse("admin:identity_auditrecord_change", args=[record.id]),
            "discrepancies": reverse("admin:payments_discrepancy_changelist"),
            "discrepancy": reverse("admin:payments_discrepancy_change", args=[found.id]),
            "runs": reverse("admin:payments_reconciliationrun_changelist"),
        }.items():
            visitor.open(path)
            visitor.look(f"{name}-{window}")


@pytest.mark.parametrize("window", WINDOWS)
def test_the_pages_on_which_staff_act_are_accessible_and_fit(
    window: str, visit: Visitors, shop: Shop, alice: User
) -> None:
    open_customer("bob")
    account = shop.wallet("alice").account_id
    with visit(**WINDOWS[window]) as visitor:
        visitor.sign_in_quietly(boss("carol"))
        page = visitor.page
        visitor.open(reverse("admin:tokens_wallet_change", args=[account]))
        page.get_by_role("button", name="Freeze…").click()
        page.get_by_text("It is done for:").wait_for()
        visitor.look(f"freeze-{window}")

        visitor.open(reverse("admin:act_adjust", args=[account]))
        visitor.look(f"adjust-{window}")
        page.locator("[name=tokens]").fill("5000")
        page.locator("[name=reason]").fill("They were promised more.")
        page.get_by_role("button", name="Show what will happen").click()
        page.get_by_role("heading", name="What will happen").wait_for()
        visitor.look(f"adjust-foreseen-{window}")

        visitor.open(reverse("admin:act_grants"))
        visitor.look(f"grants-{window}")
        gifts = {"name": "gifts.csv", "mimeType": "text/csv", "buffer": GIFTS.encode()}
        page.locator("[name=file]").set_input_files(gifts)
        page.locator("[name=reason]").fill("A winter gift.")
        page.get_by_role("button", name="Show what will happen").click()
        page.get_by_role("heading", name="What will happen").wait_for()
        visitor.look(f"grants-foreseen-{window}")
