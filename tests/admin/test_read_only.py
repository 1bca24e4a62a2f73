"""What services write, nobody changes through the admin, superusers with crafted requests included."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from identity.kinds import Role
from identity.models import User
from payments.models import Purchase
from tests.admin.rows import person, purchase, row_of, settled_purchase
from tests.admin.test_who_gets_in import ADDED_HERE, pages
from tests.support.staff import of_role
from tokens.models import Account, Lot, Posting

EDITED_HERE = ADDED_HERE | {"identity.User", "security.PurchaseLimits"}
LEDGER = ("Account", "Wallet", "Entry", "Posting", "Lot", "LotUse", "Hold", "HoldLot", "Freeze")
READ_ONLY = sorted({model._meta.label for model in admin.site._registry} - EDITED_HERE)


def state_of(label: str) -> list[dict[str, object]]:
    return list(apps.get_model(label).objects.order_by("pk").values())


@pytest.mark.django_db
@pytest.mark.parametrize("label", READ_ONLY)
def test_no_crafted_post_adds_changes_or_deletes(label: str, superuser: Client) -> None:
    row = row_of(label)
    addresses = pages(label, row.pk)
    before = state_of(label)
    fields = {field.name: "1" for field in apps.get_model(label)._meta.fields}

    for page in ("add", "change", "delete"):
        assert superuser.post(addresses[page], {**fields, "post": "yes"}).status_code == 403, page
    chosen = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
    assert superuser.post(addresses["changelist"], {**chosen, "index": "0"}).status_code in {200, 302}
    assert superuser.post(addresses["changelist"], chosen).status_code in {200, 302}
    formset = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(row.pk), "_save": "Save"}
    assert superuser.post(addresses["changelist"], {**formset, **fields}).status_code in {200, 302}

    assert state_of(label) == before


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*Role, "superuser"])
def test_the_ledger_is_as_it_was_whatever_any_role_posts(role: str) -> None:
    held, who = row_of("tokens.Hold"), Client()
    bought = Purchase.objects.get()
    is_role = role in Role.values
    who.force_login(
        User.objects.get(pk=of_role(Role(role)).id)
        if is_role
        else person("carol", is_staff=True, is_superuser=True)
    )
    rows = {
        "tokens.Wallet": bought.wallet_account_id,
        "tokens.Entry": bought.entry_id,
        "tokens.Lot": Lot.objects.latest("id").pk,
        "tokens.Hold": held.pk,
        "tokens.Freeze": row_of("tokens.Freeze").pk,
    }
    before = ledger()
    crafted = {
        "balance": "999999",
        "amount": "999999",
        "remaining": "999999",
        "account": str(bought.wallet_account_id),
        "post": "yes",
    }
    for label, pk in rows.items():
        for page in ("add", "change", "delete"):
            assert who.post(pages(label, pk)[page], crafted).status_code == 403, (label, page)
        chosen = {"action": "delete_selected", "_selected_action": str(pk), "index": "0"}
        for posted in (crafted, {**crafted, **chosen}):
            assert who.post(pages(label, pk)["changelist"], posted).status_code < 500, label
    # An inline formset that no page offers is read by none.
    inline = {"postings-TOTAL_FORMS": "1", "postings-INITIAL_FORMS": "0", "postings-0-amount": "5"}
    who.post(pages("tokens.Entry", bought.entry_id)["change"], inline)
    assert ledger() == before


def ledger() -> list[list[dict[str, object]]]:
    return [state_of(f"tokens.{table}") for table in LEDGER]


@pytest.mark.django_db
def test_postings_have_no_page_of_their_own() -> None:
    assert Posting not in admin.site._registry
    assert Account not in admin.site._registry


@pytest.mark.django_db
def test_a_settled_purchase_tells_its_whole_journey_on_one_page(superuser: Client) -> None:
    bought = settled_purchase()
    text = superuser.get(pages("payments.Purchase", bought.id)["change"]).content.decode()
    for known in (
        "alice@example.com",
        "$14.99",
        "200 + 50",
        "checkout.session.completed",
        "+250",
        "-200",
        "-50",
        f"transactions/{bought.entry_id}",
        "Not seen there yet",
        reverse("admin:tokens_entry_change", args=[bought.entry_id]),
        reverse("admin:tokens_wallet_change", args=[bought.wallet_account_id]),
    ):
        assert known in text, known


@pytest.mark.django_db
def test_a_purchase_that_nobody_paid_has_a_page_too(superuser: Client) -> None:
    bought = purchase(bonus_tokens=0)
    text = superuser.get(pages("payments.Purchase", bought.id)["change"]).content.decode()
    assert "No data" in text
    assert "200 + " not in text


@pytest.mark.django_db
def test_a_delivered_purchase_says_when(superuser: Client) -> None:
    bought = settled_purchase()
    apps.get_model("mirror.MirroredDocument").objects.create(
        path=f"transactions/{bought.entry_id}",
        kind="wallet",
        subject_id=str(bought.wallet_account_id),
        delivered_at="2026-03-01T12:34:56Z",
    )
    wallet_row = apps.get_model("mirror.OutboxRow").objects.filter(subject_id=str(bought.wallet_account_id))
    wallet_row.update(last_error="mirror_conflict", parked_at="2026-03-01T12:34:56Z")
    text = superuser.get(pages("payments.Purchase", bought.id)["change"]).content.decode()
    assert "Delivered" in text
    assert "2026-03-01 12:34:56" in text
    assert "Parked: mirror_conflict" in text


@pytest.mark.django_db
def test_an_entry_shows_its_postings_and_a_wallet_its_latest(superuser: Client) -> None:
    bought = settled_purchase()
    entry = superuser.get(pages("tokens.Entry", bought.entry_id)["change"]).content.decode()
    assert "Issuance" in entry
    assert "Promotions" in entry
    assert "+250" in entry
    wallet = superuser.get(pages("tokens.Wallet", bought.wallet_account_id)["change"]).content.decode()
    assert f"purchase:{bought.id}" in wallet
    assert "+250" in wallet


@pytest.mark.django_db
def test_an_events_payload_is_readable_and_escaped(superuser: Client) -> None:
    event = row_of("payments.InboxEvent")
    type(event).objects.filter(pk=event.pk).update(payload={"name": "<script>alert(1)</script>"})  # type: ignore[attr-defined]
    text = superuser.get(pages("payments.InboxEvent", event.pk)["change"]).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert(1)" not in text
