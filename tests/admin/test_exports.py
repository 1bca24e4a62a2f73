"""Lists as files: what the filters leave, for those who have the right to, noted, and harmless in a spreadsheet."""

import csv
import json
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.models import AuditRecord
from tests.admin.conftest import SignedIn
from tests.admin.payment_rows import refund_of
from tests.admin.rows import NOW, alert, purchase, settled_purchase

RIGHTS = ("backoffice.export", "payments.view_purchase", "tokens.view_entry", "payments.view_refund")


def exported(client: Client, label: str, query: str = "") -> list[dict[str, str]]:
    response = client.post(f"/admin/export/{label}/{query}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith(f'attachment; filename="{label.partition(".")[2]}-')
    return list(csv.DictReader(StringIO(response.getvalue().decode())))


@pytest.mark.django_db
def test_rows_are_exported_with_the_lists_filters_and_it_is_noted(staff: SignedIn) -> None:
    client = staff(*RIGHTS, name="fiona")
    bought = settled_purchase("alice")
    purchase("bob")
    (row,) = exported(client, "payments.purchase", "?status__exact=settled")
    assert (row["id"], row["status"], row["tokens"], row["price_cents"]) == (
        str(bought.id),
        "settled",
        "200",
        "1499",
    )
    assert (row["started_at"], row["closed_at"]) == (NOW.isoformat(), "")
    assert len(exported(client, "payments.purchase")) == 2

    record = AuditRecord.objects.order_by("id").first()
    assert record is not None
    assert (record.action, record.subject_id) == ("rows.export", "payments.purchase")
    assert record.facts == {"filters": {"status__exact": "settled"}, "searched": False}
    assert record.actor_id
    assert record.address == "127.0.0.1"
    assert AuditRecord.objects.count() == 2


@pytest.mark.django_db
def test_that_a_search_narrowed_an_export_is_noted_and_not_whom_it_named(staff: SignedIn) -> None:
    settled_purchase("alice")
    settled_purchase("bob")
    (row,) = exported(staff(*RIGHTS), "payments.purchase", "?q=alice@example.com&status__exact=settled")
    assert row["stripe_session_id"] == "cs_test_alice"
    noted = AuditRecord.objects.get()
    assert noted.facts == {"filters": {"status__exact": "settled"}, "searched": True}
    assert "alice" not in str(AuditRecord.objects.values().get())


@pytest.mark.django_db
def test_an_entry_is_exported_once_with_its_wallets_line(staff: SignedIn) -> None:
    bought = settled_purchase()
    (row,) = exported(staff(*RIGHTS), "tokens.entry")
    assert row["account_id"] == str(bought.wallet_account_id)
    assert (row["amount"], row["balance_after"], row["seq"]) == ("250", "250", "1")


@pytest.mark.django_db
def test_a_cell_is_no_formula(staff: SignedIn) -> None:
    refund = refund_of(settled_purchase())
    formulas = ['=HYPERLINK("http://x")', "+1+1", "@SUM(A1)", "\t=1+1", "-2+3"]
    for note in formulas:
        type(refund).objects.filter(pk=refund.pk).update(note=note)
        (row,) = exported(staff(*RIGHTS), "payments.refund")
        assert row["note"] == f"'{note.strip()}", note
    type(refund).objects.filter(pk=refund.pk).update(note='two\nlines, "quoted"')
    (row,) = exported(staff(*RIGHTS), "payments.refund")
    assert row["note"] == 'two\nlines, "quoted"'


@pytest.mark.django_db
def test_alerts_and_the_audit_trail_are_exported(superuser: Client) -> None:
    alert("purchase-1")
    (row,) = exported(superuser, "security.alert")
    assert (row["summary"], row["count"]) == ("The amount differs.", "1")
    row, earlier = exported(superuser, "identity.auditrecord")
    assert earlier["subject_id"] == "security.alert"
    assert row["action"] == "rows.export"
    assert json.loads(row["facts"]) == {"filters": {}, "searched": False}


@pytest.mark.django_db
def test_rows_come_through_a_cursor_of_the_server(superuser: Client) -> None:
    settled_purchase()
    response = superuser.post("/admin/export/payments.purchase/")
    with CaptureQueriesContext(connection) as asked:
        assert response.streaming
        response.getvalue()
    assert [each["sql"][:14] for each in asked.captured_queries if "DECLARE" in each["sql"]]


@pytest.mark.django_db
@pytest.mark.parametrize("rights", [(), ("backoffice.export",), ("payments.view_purchase",)])
def test_who_may_not_see_or_not_export_gets_nothing_and_nothing_is_noted(
    rights: tuple[str, ...], staff: SignedIn
) -> None:
    client = staff(*rights)
    assert client.post("/admin/export/payments.purchase/").status_code == 403
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
def test_only_a_post_to_a_list_that_is_exported_with_filters_that_it_offers(superuser: Client) -> None:
    assert superuser.get("/admin/export/payments.purchase/").status_code == 405
    assert superuser.post("/admin/export/identity.user/").status_code == 404
    assert superuser.post("/admin/export/payments.purchase/?buyer__password__startswith=p").status_code == 400
    wrong = superuser.post("/admin/export/payments.purchase/?started_at__gte=never")
    assert wrong.status_code == 302
    assert not AuditRecord.objects.exists()


@pytest.mark.django_db
def test_the_lists_that_can_be_exported_say_so(superuser: Client, staff: SignedIn) -> None:
    listed = superuser.get("/admin/payments/purchase/?status__exact=settled").content.decode()
    assert 'action="/admin/export/payments.purchase/?status__exact=settled"' in listed
    assert "Export these rows" not in superuser.get("/admin/tokens/wallet/").content.decode()
    looker = staff("payments.view_purchase", name="dave").get("/admin/payments/purchase/")
    assert "Export these rows" not in looker.content.decode()
