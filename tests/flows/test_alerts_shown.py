"""Alerts in Firestore: each once, as they are, up to their resolution."""

from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.ids import new_id
from mirror.models import OutboxRow
from mirror.services.dispatch import deliver_due
from mirror.services.projections import registration_of
from security import limits, projections
from security.kinds import AlertKind, Resolution, Severity
from security.models import Alert
from security.services.alerts import acknowledge_alert, raise_alert, resolve_alert
from tests.support.shop import Shop
from tests.support.staff import DAVE, hire


@pytest.fixture(autouse=True)
def hired(db: None) -> None:
    hire()


def raised(key: str = "1", **subject: str) -> Alert:
    alert_id = raise_alert(
        kind=AlertKind.WRONG_LIVEMODE,
        severity=Severity.HIGH,
        dedup_key=key,
        summary="Look.",
        subject=subject,
        now=timezone.now(),
    )
    return Alert.objects.get(id=alert_id)


def test_an_alert_is_shown_as_it_is_until_it_is_resolved(shop: Shop) -> None:
    alice = shop.customer("alice")
    alert = raised(user_id=str(alice.id), card="fp_1")
    raised(user_id=str(alice.id), card="fp_1")
    shop.drain()
    shown = shop.document(f"security_alerts/{alert.id}")
    assert shown is not None
    alert.refresh_from_db()
    assert shown == {
        "userId": shop.wallet("alice").document_id,
        "kind": "wrong_livemode",
        "severity": "high",
        "status": "open",
        "summary": "Look.",
        "count": 2,
        "version": 2,
        "createdAt": alert.first_seen_at,
        "updatedAt": alert.updated_at,
    }

    acknowledge_alert(alert_id=alert.id, reason="Mine.", actor=DAVE, now=timezone.now())
    resolve_alert(
        alert_id=alert.id, resolution=Resolution.FIXED, reason="Done.", actor=DAVE, now=timezone.now()
    )
    shop.drain()

    shown = shop.document(f"security_alerts/{alert.id}")
    assert shown is not None
    assert (shown["status"], shown["version"]) == ("resolved", 4)
    assert not OutboxRow.objects.filter(kind="alert").exists()


def test_a_flood_is_one_document_more_and_not_thousands(shop: Shop) -> None:
    for number in range(limits.ALERTS_OPENED_MAX + 50):
        raised(str(number))
    deliver_due(clock=timezone.now)
    flood = Alert.objects.get(kind="alert_flood")
    shown = shop.document(f"security_alerts/{flood.id}")
    assert shown is not None
    assert (shown["count"], shown["userId"]) == (50, None)
    assert Alert.objects.count() == limits.ALERTS_OPENED_MAX + 1


@pytest.mark.django_db
def test_whoever_has_no_wallet_is_named_by_their_user_id() -> None:
    stranger = str(new_id())
    chunk = projections.alert_chunk(str(raised(user_id=stranger).id), 0, 1)
    assert chunk is not None
    assert chunk.fields["userId"] == stranger


@pytest.mark.django_db
def test_what_is_no_alert_has_no_document() -> None:
    assert projections.alert_chunk("alice", 0, 1) is None
    assert projections.alert_chunk(str(new_id()), 0, 1) is None


@pytest.mark.django_db
def test_every_alert_is_enumerated_once() -> None:
    for number in range(3):
        raised(str(number))
    subjects = registration_of("alert").subjects
    everything = list(subjects("", 10))
    assert len(set(everything)) == 3
    assert [*subjects("", 2), *subjects(everything[1], 2)] == everything


@pytest.mark.django_db
def test_the_flood_is_over_when_the_window_has_passed() -> None:
    for number in range(limits.ALERTS_OPENED_MAX + 1):
        raised(str(number))
    Alert.objects.filter(kind="wrong_livemode").update(
        first_seen_at=timezone.now() - limits.ALERTS_OPENED_WINDOW - timedelta(seconds=1)
    )
    raised("later")
    assert Alert.objects.filter(dedup_key="later").exists()
