"""The audit trail: who did what, for ever."""

import logging
import uuid
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory

from identity.kinds import Actor, ActorKind
from identity.models import AuditRecord
from identity.services import audit
from identity.services.actors import staff
from tests.admin.rows import person
from tests.support.database import as_owner

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAVE = Actor(ActorKind.STAFF, "0198f0aa-0000-7000-8000-000000000001", "203.0.113.9")
WALLET = uuid.UUID("0198f0aa-0000-7000-8000-000000000002")


def freeze_told() -> uuid.UUID:
    facts = {"cause": "staff", "freeze_id": WALLET, "times": 1, "nothing": None}
    return audit.record(
        actor=DAVE,
        action="wallet.freeze",
        subject_kind="wallet",
        subject_id=WALLET,
        reason="Their card was\x00 stolen.",
        facts=facts,
        now=NOW,
    )


@pytest.mark.django_db
def test_a_record_says_who_did_what_when_why_and_from_where() -> None:
    record_id = freeze_told()
    (row,) = AuditRecord.objects.values()
    assert row == {
        "id": record_id,
        "at": NOW,
        "actor_kind": "staff",
        "actor_id": DAVE.id,
        "address": "203.0.113.9",
        "action": "wallet.freeze",
        "subject_kind": "wallet",
        "subject_id": str(WALLET),
        "reason": "Their card was stolen.",
        "facts": {"cause": "staff", "freeze_id": str(WALLET), "times": 1, "nothing": None},
    }
    assert str(AuditRecord.objects.get()) == f"wallet.freeze {WALLET}"


@pytest.mark.django_db(transaction=True)
def test_what_was_done_is_logged_once_it_is_sure_and_never_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with transaction.atomic():
        record_id = freeze_told()
        assert [line for line in caplog.records if line.message == "admin.action"] == []
    (line,) = [line for line in caplog.records if line.message == "admin.action"]
    told = {
        name: line.__dict__[name] for name in ("action", "subject_kind", "subject_id", "actor", "audit_id")
    }
    assert told == {
        "action": "wallet.freeze",
        "subject_kind": "wallet",
        "subject_id": str(WALLET),
        "actor": DAVE.id,
        "audit_id": str(record_id),
    }
    assert "stolen" not in str(line.__dict__)


@pytest.mark.django_db(transaction=True)
def test_what_comes_to_nothing_is_not_recorded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with transaction.atomic():
        freeze_told()
        transaction.set_rollback(True)
    assert not AuditRecord.objects.exists()
    assert [line for line in caplog.records if line.message == "admin.action"] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE identity_auditrecord SET actor_id = 'nobody'",
        "UPDATE identity_auditrecord SET at = at",
        "DELETE FROM identity_auditrecord",
        "TRUNCATE identity_auditrecord",
        "TRUNCATE identity_auditrecord CASCADE",
    ],
)
def test_nobody_changes_the_trail_the_tables_owner_included(statement: str) -> None:
    freeze_told()
    before = list(AuditRecord.objects.values())
    with as_owner(), pytest.raises(DatabaseError, match="only ever added to"):
        execute(statement)
    with pytest.raises(DatabaseError, match="permission denied"):  # the role that the product runs under
        execute(statement)
    assert list(AuditRecord.objects.values()) == before


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_the_actor_of_a_request_is_who_is_signed_in_and_where(rf: RequestFactory) -> None:
    request = rf.get("/admin/", REMOTE_ADDR="203.0.113.7")
    request.user = person("dave", is_staff=True)
    assert staff(request) == Actor(ActorKind.STAFF, str(request.user.pk), "203.0.113.7")
