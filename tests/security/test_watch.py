"""What the watch turns into alerts."""

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from mirror.models import OutboxRow
from mirror.queries import parked_count
from security.models import Alert


def parked(subject_id: str, *, code: str = "mirror_conflict") -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_stale('wallet', %s)", [subject_id])
    OutboxRow.objects.filter(subject_id=subject_id).update(
        parked_at=timezone.now(), attempts=20, last_error=code
    )


def run_watch() -> None:
    current_app.loader.import_default_modules()
    current_app.tasks["security.watch"].run()


@pytest.mark.django_db
def test_nothing_parked_raises_nothing() -> None:
    run_watch()
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_row_that_waits_is_no_alert() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_stale('wallet', 'alice')")
    run_watch()
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_parked_rows_are_one_alert_that_says_how_many() -> None:
    parked("alice", code="firestore_refused")
    parked("bob")
    run_watch()
    run_watch()
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count) == ("mirror_parked", "high", 2)
    assert alert.summary.startswith("2 parked")
    assert alert.evidence == {"kind": "wallet", "subject_id": "alice", "code": "firestore_refused"}

    parked("carol")
    run_watch()
    assert Alert.objects.get().count == parked_count() == 3
