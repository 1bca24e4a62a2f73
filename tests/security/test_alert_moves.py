"""Moving alerts along: open, acknowledged, resolved."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from foundation.ids import new_id
from security.errors import (
    AlertNotAcknowledged,
    AlertNotFound,
    AlertNotOpen,
    AlertResolved,
    AssigneeNotStaff,
)
from security.kinds import AlertKind, AlertStatus, Resolution, Severity
from security.models import Alert
from security.queries.alerts import count_open_by_severity
from security.services.alerts import (
    acknowledge_alert,
    assign_alert,
    link_freeze,
    link_override,
    raise_alert,
    resolve_alert,
)
from tests.admin.rows import person
from tests.support.staff import DAVE, ERIN, hire

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALICE, BOB = DAVE, ERIN


@pytest.fixture(autouse=True)
def hired(db: None) -> None:
    hire()


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
def test_an_alert_is_assigned_to_somebody_who_works_here() -> None:
    dave, alice = person("dave", is_staff=True), person("alice")
    raised()
    alert_id = Alert.objects.get().id

    with pytest.raises(AssigneeNotStaff):
        assign_alert(alert_id=alert_id, assignee_id=alice.id, reason="Look.", actor=BOB, now=NOW)
    assigned = assign_alert(alert_id=alert_id, assignee_id=dave.id, reason="Look.", actor=BOB, now=NOW)
    assert (assigned.assignee, assigned.version) == (str(dave.id), 2)

    acknowledge_alert(alert_id=alert_id, reason="Mine.", actor=BOB, now=NOW)
    assert Alert.objects.get().assignee == str(dave.id)
    resolve_alert(alert_id=alert_id, resolution=Resolution.FIXED, reason="Seen.", actor=BOB, now=NOW)
    with pytest.raises(AlertResolved):
        assign_alert(alert_id=alert_id, assignee_id=dave.id, reason="Look.", actor=BOB, now=NOW)
    with pytest.raises(AlertNotFound):
        assign_alert(alert_id=new_id(), assignee_id=dave.id, reason="Look.", actor=BOB, now=NOW)


@pytest.mark.django_db
def test_whoever_acknowledges_an_alert_of_nobodys_has_it() -> None:
    raised()
    assert (
        acknowledge_alert(alert_id=Alert.objects.get().id, reason="Mine.", actor=ALICE, now=NOW).assignee
        == ALICE.id
    )


@pytest.mark.django_db
def test_what_followed_from_an_alert_is_linked() -> None:
    raised()
    alert_id, freeze_id, override_id = Alert.objects.get().id, new_id(), new_id()
    link_freeze(alert_id=alert_id, freeze_id=freeze_id, now=NOW)
    linked = link_override(alert_id=alert_id, override_id=override_id, now=NOW)
    assert (linked.freeze_id, linked.override_id, linked.version) == (freeze_id, override_id, 3)
    with pytest.raises(AlertNotFound):
        link_freeze(alert_id=new_id(), freeze_id=freeze_id, now=NOW)


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
                        acknowledge_alert(alert_id=alert.id, reason="Mine.", actor=ALICE, now=NOW)
                        resolve_alert(
                            alert_id=alert.id,
                            resolution=Resolution.FIXED,
                            reason="Seen.",
                            actor=ALICE,
                            now=NOW,
                        )
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
def test_an_alert_is_acknowledged_then_resolved_and_its_cause_opens_a_new_one() -> None:
    raised()
    alert = Alert.objects.get()
    later = NOW + timedelta(hours=1)

    acknowledged = acknowledge_alert(alert_id=alert.id, reason="Mine.", actor=ALICE, now=later)
    assert (acknowledged.status, acknowledged.acknowledged_at, acknowledged.acknowledged_by) == (
        "acknowledged",
        later,
        ALICE.id,
    )
    raised()
    assert Alert.objects.get().count == 2

    resolved = resolve_alert(
        alert_id=alert.id, resolution=Resolution.FRAUD, reason="Seen.", actor=BOB, now=later
    )
    assert (resolved.status, resolved.resolution) == ("resolved", "fraud")
    assert (resolved.resolved_at, resolved.resolved_by, resolved.version) == (later, BOB.id, 4)

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
        return acknowledge_alert(alert_id=alert_id, reason="Mine.", actor=ALICE, now=NOW)

    def resolve() -> Alert:
        return resolve_alert(
            alert_id=alert_id, resolution=Resolution.FIXED, reason="Seen.", actor=ALICE, now=NOW
        )

    refused(AlertNotAcknowledged, resolve)
    acknowledge()
    refused(AlertNotOpen, acknowledge)
    resolve()
    refused(AlertNotOpen, acknowledge)
    refused(AlertNotAcknowledged, resolve)


@pytest.mark.django_db
def test_an_unknown_alert_is_not_found() -> None:
    with pytest.raises(AlertNotFound):
        acknowledge_alert(alert_id=new_id(), reason="Mine.", actor=ALICE, now=NOW)
    with pytest.raises(AlertNotFound):
        resolve_alert(alert_id=new_id(), resolution=Resolution.FIXED, reason="Seen.", actor=ALICE, now=NOW)


@pytest.mark.django_db
def test_a_resolution_has_to_be_one_of_the_contract() -> None:
    raised()
    alert = Alert.objects.get()
    acknowledge_alert(alert_id=alert.id, reason="Mine.", actor=ALICE, now=NOW)
    with pytest.raises(ValueError, match="whatever"):
        resolve_alert(alert_id=alert.id, resolution="whatever", reason="Seen.", actor=ALICE, now=NOW)  # type: ignore[arg-type]
    assert Alert.objects.get().status == AlertStatus.ACKNOWLEDGED


@pytest.mark.django_db
def test_open_alerts_are_counted_by_severity() -> None:
    raised()
    raised(dedup_key="purchase-2", severity=Severity.LOW)
    raised(dedup_key="purchase-3", severity=Severity.LOW)
    raised(dedup_key="purchase-4", severity=Severity.CRITICAL)
    acknowledge_alert(
        alert_id=Alert.objects.get(severity="critical").id, reason="Mine.", actor=ALICE, now=NOW
    )
    assert count_open_by_severity() == {
        Severity.LOW: 2,
        Severity.MEDIUM: 0,
        Severity.HIGH: 1,
        Severity.CRITICAL: 0,
    }
