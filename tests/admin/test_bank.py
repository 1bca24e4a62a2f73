"""What staff see of lots and holds, and do with services' keys."""

import pytest
from django.test import Client

from identity.models import ApiKey, AuditRecord
from tests.admin.conftest import SignedIn
from tests.admin.rows import api_key, hold, lot
from tests.admin.test_actions import act, answer, words
from tests.admin.test_who_gets_in import url
from tokens.models import Note

pytestmark = pytest.mark.django_db


def page(client: Client, label: str, row: object) -> str:
    return client.get(url(label, "change", row.pk)).content.decode()  # type: ignore[attr-defined]


def test_a_lot_leads_to_its_wallet_and_its_entry(superuser: Client) -> None:
    row = lot()
    shown = page(superuser, "tokens.Lot", row)
    assert row.entry.reference in shown
    assert "alice@example.com" in shown


def test_a_hold_tells_its_reason_until_that_is_erased(superuser: Client) -> None:
    row = hold()
    assert "Rendering" in page(superuser, "tokens.Hold", row)
    Note.objects.all().delete()
    assert "Rendering" not in page(superuser, "tokens.Hold", row)


def test_a_key_is_revoked_once_by_who_may(staff: SignedIn) -> None:
    dave, key = staff("identity.view_apikey", "identity.manage_api_keys", name="dave"), api_key()
    rows = dave.get(url("identity.ApiKey", "change", key.pk)).context["row_actions"]
    assert rows == [("revoke", "Revoke…")]
    assert "opens nothing from now on" in act(dave, "identity.ApiKey", "revoke", key).content.decode()
    answer(dave, "identity.ApiKey", "revoke", key, reason="\n")
    assert ApiKey.objects.get().revoked_at is None
    answer(dave, "identity.ApiKey", "revoke", key, reason="It stood in a log.")
    revoked = ApiKey.objects.get()
    assert AuditRecord.objects.get(action="apikey.revoke").reason == "It stood in a log."
    assert revoked.revoked_at is not None
    assert dave.get(url("identity.ApiKey", "change", key.pk)).context["row_actions"] == []

    response = answer(dave, "identity.ApiKey", "revoke", key, reason="Once more.")

    assert any("already revoked" in said for said in words(dave, response))
    assert ApiKey.objects.get().revoked_at == revoked.revoked_at


def test_who_may_only_look_revokes_nothing(staff: SignedIn) -> None:
    bob, key = staff("identity.view_apikey", name="bob"), api_key()
    answer(bob, "identity.ApiKey", "revoke", key, reason="Mine.")
    assert ApiKey.objects.get().revoked_at is None
