"""Raising alerts, and moving them along."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from identity.kinds import Actor, ActorKind
from security import limits
from security.errors import AlertNotAcknowledged, AlertNotFound, AlertNotOpen
from security.kinds import AlertKind, AlertStatus, Resolution, Severity
from security.models import Alert
from security.queries.alerts import count_open_by_severity
from security.services.alerts import acknowledge_alert, raise_alert, resolve_alert

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALICE = Actor(ActorKind.STAFF, "alice")
BOB = Actor(ActorKind.STAFF, "bob")


def raised(**changes: Any) -> None:
    facts: dict[str, Any] = {
        "kind": AlertKind.PURCHASE_QUARANTINED,
        "severity": Severity.HIGH,
        "dedup_key": "purchase-1",
        "summary": "The amount differs.",
        "subject": {"purchase_id": "purchase-1"},
        "now": NOW,
    }
    raise_alert(**facts | changes)


@pytest.mark.django_db
def test_the_first_sight_opens_an_alert() -> None:
    customer = new_id()
    raised(subject={"purchase_id": "purchase-1", "user_id": str(customer)})
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.status) == ("purchase_quarantined", "high", "open")
    assert (alert.count, alert.version, alert.first_seen_at, alert.last_seen_at) == (1, 1, NOW, NOW)
    assert alert.evidence == {"purchase_id": "purchase-1", "user_id": str(customer)}
    assert alert.user_id == customer
    assert str(alert) == "The amount differs."


@pytest.mark.django_db
def test_a_repeat_is_counted_and_told_as_it_was_seen_last() -> None:
    customer = new_id()
    raised(subject={"user_id": str(customer)})
    raised(now=NOW + timedelta(minutes=5), summary="The currency differs.", subject={"code": "currency"})
    raised(now=NOW + timedelta(minutes=1), summary="The currency differs.", subject={"code": "currency"})
    alert = Alert.objects.get()
    assert (alert.count, alert.version) == (3, 3)
    assert (alert.first_seen_at, alert.last_seen_at) == (NOW, NOW + timedelta(minutes=5))
    assert (alert.summary, alert.evidence) == ("The currency differs.", {"code": "currency"})
    assert alert.user_id == customer


@pytest.mark.django_db
def test_other_kinds_and_keys_are_other_alerts() -> None:
    raised()
    raised(dedup_key="purchase-2")
    raised(kind=AlertKind.WRONG_LIVEMODE)
    assert sorted(Alert.objects.values_list("kind", "dedup_key", "count")) == [
        ("purchase_quarantined", "purchase-1", 1),
        ("purchase_quarantined", "purchase-2", 1),
        ("wrong_livemode", "purchase-1", 1),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        (Severity.LOW, Severity.CRITICAL, "critical"),
        (Severity.CRITICAL, Severity.LOW, "critical"),
        (Severity.MEDIUM, Severity.HIGH, "high"),
        (Severity.HIGH, Severity.MEDIUM, "high"),
    ],
)
def test_severity_only_rises(before: Severity, after: Severity, kept: str) -> None:
    raised(severity=before)
    raised(severity=after)
    assert Alert.objects.get().severity == kept


@pytest.mark.django_db
def test_a_watcher_tells_the_total_instead_of_one_more() -> None:
    raised(total=7)
    raised(total=7)
    raised(total=9)
    assert Alert.objects.get().count == 9


@pytest.mark.django_db
def test_what_is_too_long_or_not_text_is_cut_rather_than_refused() -> None:
    subject = {f"{n}-{'n' * 100}": "v\x00" * 300 for n in range(40)} | {"user_id": "not-a-uuid"}
    raised(dedup_key="k" * 999, summary="s\x00" * 999, subject=subject)
    alert = Alert.objects.get()
    assert alert.dedup_key == "k" * limits.DEDUP_KEY_LENGTH_MAX
    assert alert.summary == "s" * limits.SUMMARY_LENGTH_MAX
    assert len(alert.evidence) == limits.EVIDENCE_FACTS_MAX
    assert set(alert.evidence.values()) == {"v" * limits.EVIDENCE_VALUE_LENGTH_MAX}
    assert alert.user_id is None


@pytest.mark.django_db
def test_a_user_id_that_is_none_leaves_the_alert_without_a_customer() -> None:
    raised(subject={"user_id": "uid-of-firebase"})
    assert Alert.objects.get().user_id is None


@pytest.mark.django_db(transaction=True)
def test_an_alert_shares_the_fate_of_its_callers_transaction(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "security"):
        with transaction.atomic():
            raised()
            transaction.set_rollback(True)
        assert not Alert.objects.exists()
        assert not caplog.records
        with transaction.atomic():
            raised()
    assert Alert.objects.count() == 1
    assert [record.message for record in caplog.records] == ["alert.raised"]


@pytest.mark.django_db(transaction=True)
def test_only_a_new_row_is_logged_as_raised(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "security"):
        raised()
        raised()
        raised()
    (record,) = caplog.records
    assert record.message == "alert.raised"
    assert record.__dict__["kind"] == "purchase_quarantined"
    assert record.__dict__["alert_id"] == str(Alert.objects.get().id)


@pytest.mark.django_db(transaction=True)
def test_32_threads_that_raise_one_alert_make_one_row_and_lose_no_count() -> None:
    def work(_: int) -> None:
        try:
            for _ in range(5):
                raised()
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(work, range(32)))
    assert list(Alert.objects.values_list("count", "version")) == [(160, 160)]


@pytest.mark.django_db(transaction=True)
def test_raising_while_others_resolve_loses_no_count() -> None:
    def raise_some(_: int) -> None:
        try:
            for _ in range(10):
                raised()
        finally:
            connection.close()

    def resolve_some(_: int) -> None:
        try:
            for _ in range(10):
                for alert in Alert.objects.exclude(status=AlertStatus.RESOLVED):
                    try:
                        acknowledge_alert(alert_id=alert.id, actor=ALICE, now=NOW)
                        resolve_alert(alert_id=alert.id, resolution=Resolution.FIXED, actor=ALICE, now=NOW)
                    except (AlertNotOpen, AlertNotAcknowledged):
                        continue
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        raising = [pool.submit(raise_some, n) for n in range(8)]
        resolving = [pool.submit(resolve_some, n) for n in range(4)]
        for future in [*raising, *resolving]:
            future.result()
    assert sum(Alert.objects.values_list("count", flat=True)) == 80
    assert Alert.objects.exclude(status=AlertStatus.RESOLVED).count() <= 1


@pytest.mark.django_db
def test_the_database_allows_one_unresolved_alert_for_a_cause() -> None:
    raised()
    row = Alert.objects.get()
    with pytest.raises(IntegrityError, match="alert_unresolved_once"), transaction.atomic():
        Alert.objects.create(
            kind=row.kind,
            severity=row.severity,
            dedup_key=row.dedup_key,
            summary="Again.",
            first_seen_at=NOW,
            last_seen_at=NOW,
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "gone"}, "alert_status_known"),
        ({"severity": "dire"}, "alert_severity_known"),
        ({"status": AlertStatus.RESOLVED}, "alert_resolution_when_resolved"),
        ({"resolution": Resolution.FRAUD}, "alert_resolution_when_resolved"),
        ({"last_seen_at": NOW - timedelta(seconds=1)}, "alert_seen_in_order"),
    ],
)
def test_the_database_refuses_an_alert_that_contradicts_itself(
    change: dict[str, Any], constraint: str
) -> None:
    raised()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Alert.objects.update(**change)


@pytest.mark.django_db
def test_an_alert_is_acknowledged_then_resolved_and_its_cause_opens_a_new_one() -> None:
    raised()
    alert = Alert.objects.get()
    later = NOW + timedelta(hours=1)

    acknowledged = acknowledge_alert(alert_id=alert.id, actor=ALICE, now=later)
    assert (acknowledged.status, acknowledged.acknowledged_at, acknowledged.acknowledged_by) == (
        "acknowledged",
        later,
        "alice",
    )
    raised()
    assert Alert.objects.get().count == 2

    resolved = resolve_alert(alert_id=alert.id, resolution=Resolution.FRAUD, actor=BOB, now=later)
    assert (resolved.status, resolved.resolution) == ("resolved", "fraud")
    assert (resolved.resolved_at, resolved.resolved_by, resolved.version) == (later, "bob", 4)

    raised()
    assert sorted(Alert.objects.values_list("status", "count")) == [("open", 1), ("resolved", 2)]


@pytest.mark.django_db
def test_moves_that_are_not_in_the_contract_are_refused_and_change_nothing() -> None:
    raised()
    alert_id = Alert.objects.get().id

    def refused(error: type[Exception], move: Any) -> None:
        before = Alert.objects.values().get()
        with pytest.raises(error):
            move()
        assert Alert.objects.values().get() == before

    def acknowledge() -> Alert:
        return acknowledge_alert(alert_id=alert_id, actor=ALICE, now=NOW)

    def resolve() -> Alert:
        return resolve_alert(alert_id=alert_id, resolution=Resolution.FIXED, actor=ALICE, now=NOW)

    refused(AlertNotAcknowledged, resolve)
    acknowledge()
    refused(AlertNotOpen, acknowledge)
    resolve()
    refused(AlertNotOpen, acknowledge)
    refused(AlertNotAcknowledged, resolve)


@pytest.mark.django_db
def test_an_unknown_alert_is_not_found() -> None:
    with pytest.raises(AlertNotFound):
        acknowledge_alert(alert_id=new_id(), actor=ALICE, now=NOW)
    with pytest.raises(AlertNotFound):
        resolve_alert(alert_id=new_id(), resolution=Resolution.FIXED, actor=ALICE, now=NOW)


@pytest.mark.django_db
def test_a_resolution_has_to_be_one_of_the_contract() -> None:
    raised()
    alert = Alert.objects.get()
    acknowledge_alert(alert_id=alert.id, actor=ALICE, now=NOW)
    with pytest.raises(ValueError, match="whatever"):
        resolve_alert(alert_id=alert.id, resolution="whatever", actor=ALICE, now=NOW)  # type: ignore[arg-type]
    assert Alert.objects.get().status == AlertStatus.ACKNOWLEDGED


@pytest.mark.django_db
def test_open_alerts_are_counted_by_severity() -> None:
    raised()
    raised(dedup_key="purchase-2", severity=Severity.LOW)
    raised(dedup_key="purchase-3", severity=Severity.LOW)
    raised(dedup_key="purchase-4", severity=Severity.CRITICAL)
    acknowledge_alert(alert_id=Alert.objects.get(severity="critical").id, actor=ALICE, now=NOW)
    assert count_open_by_severity() == {
        Severity.LOW: 2,
        Severity.MEDIUM: 0,
        Severity.HIGH: 1,
        Severity.CRITICAL: 0,
    }
