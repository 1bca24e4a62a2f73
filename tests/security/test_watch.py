"""What the watch turns into alerts."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from mirror.models import Drift, OutboxRow
from mirror.queries import parked_count
from security import limits
from security.kinds import Resolution
from security.models import Alert
from security.services.alerts import acknowledge_alert, resolve_alert


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
    assert alert.version == 1  # nothing new, nothing said
    assert alert.summary.startswith("2 parked")
    assert alert.evidence == {"kind": "wallet", "subject_id": "alice", "code": "firestore_refused"}

    parked("carol")
    run_watch()
    assert Alert.objects.get().count == parked_count() == 3


def waits(subject_id: str, *, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_stale('wallet', %s)", [subject_id])
    since = timezone.now() - timedelta(seconds=seconds)
    OutboxRow.objects.filter(subject_id=subject_id).update(stale_since=since)


@pytest.mark.django_db
def test_a_mirror_that_is_behind_is_one_alert_that_says_how_far() -> None:
    waits("alice", seconds=limits.MIRROR_LAG_SECONDS_MAX - 10)
    run_watch()
    assert not Alert.objects.exists()
    waits("bob", seconds=limits.MIRROR_LAG_SECONDS_MAX + 10)
    run_watch()
    OutboxRow.objects.filter(kind="alert").delete()  # the alert itself waits to be mirrored
    run_watch()
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count) == ("mirror_behind", "high", 2)
    assert alert.summary.startswith("Firestore is 13")
    assert alert.evidence["backlog"] == "2"


def drifted(subject_id: str, *, is_repaired: bool) -> Drift:
    now = timezone.now()
    return Drift.objects.create(
        kind="wallet",
        subject_id=subject_id,
        differing=1,
        example_path=f"users/{subject_id}",
        found_at=now,
        repaired_at=now if is_repaired else None,
    )


def resolve(alert: Alert) -> None:
    acknowledge_alert(alert_id=alert.id, actor=SYSTEM_ACTOR, now=timezone.now())
    resolve_alert(alert_id=alert.id, resolution=Resolution.FIXED, actor=SYSTEM_ACTOR, now=timezone.now())


@pytest.mark.django_db
def test_drift_is_one_alert_although_it_was_repaired_at_once() -> None:
    run_watch()
    assert not Alert.objects.exists()
    drifted("alice", is_repaired=True)
    run_watch()
    drifted("bob", is_repaired=False)
    run_watch()
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count, alert.version) == ("mirror_drift", "high", 2, 2)
    assert alert.evidence == {"kind": "wallet", "subject_id": "bob", "path": "users/bob"}
    run_watch()
    assert Alert.objects.get().version == 2  # nothing new, nothing said


@pytest.mark.django_db
def test_drift_that_was_looked_into_is_no_alert_again_unless_it_is_not_repaired() -> None:
    drifted("alice", is_repaired=True)
    open_drift = drifted("bob", is_repaired=False)
    run_watch()
    resolve(Alert.objects.get())
    Drift.objects.filter(pk=open_drift.pk).update(repaired_at=timezone.now())
    run_watch()
    assert Alert.objects.exclude(status="resolved").count() == 0
    drifted("carol", is_repaired=True)
    run_watch()
    alert = Alert.objects.exclude(status="resolved").get()
    assert (alert.count, alert.severity, alert.evidence["subject_id"]) == (1, "medium", "carol")


@pytest.mark.django_db
def test_drift_that_is_not_repaired_is_an_alert_again_however_often_it_is_resolved() -> None:
    drifted("alice", is_repaired=False)
    run_watch()
    resolve(Alert.objects.get())
    run_watch()
    assert Alert.objects.exclude(status="resolved").get().count == 1
