"""Raising alerts."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from foundation.ids import new_id
from security import limits
from security.kinds import AlertKind, AlertStatus, Resolution, Severity
from security.models import Alert
from security.services.alerts import (
    raise_alert,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


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
def test_several_sights_can_be_told_at_once() -> None:
    raised(times=10)
    raised(times=5)
    assert Alert.objects.get().count == 15


@pytest.mark.django_db
def test_what_exceeds_a_kinds_budget_is_counted_on_one_alert_of_the_flood() -> None:
    for number in range(limits.ALERTS_OPENED_MAX):
        raised(dedup_key=f"purchase-{number}")
    for number in range(200):
        raised(
            dedup_key=f"more-{number}", subject={"user_id": str(new_id()), "purchase_id": f"more-{number}"}
        )
    raised(dedup_key="many", total=7)
    raised(dedup_key="purchase-0")  # it has its own alert already
    raised(kind=AlertKind.WRONG_LIVEMODE)  # another kind has a budget of its own

    flood = Alert.objects.get(kind="alert_flood")
    assert (flood.dedup_key, flood.count, flood.severity) == ("purchase_quarantined", 201, "high")
    assert flood.user_id is None
    assert flood.summary.startswith("Purchase quarantined: so many at once")
    assert Alert.objects.count() == limits.ALERTS_OPENED_MAX + 2
    assert Alert.objects.get(dedup_key="purchase-0").count == 2


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
            updated_at=NOW,
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
