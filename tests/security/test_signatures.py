"""Webhook calls with a bad signature: a counter, and in a burst one alert."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from pytest_django import Settings

from security import limits
from security.models import Alert
from security.services.signatures import note_bad_signature, tell_bad_signatures

WINDOW = timedelta(seconds=limits.BAD_SIGNATURE_WINDOW_SECONDS)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def bad_calls(count: int, *, now: datetime = NOW) -> None:
    for _ in range(count):
        note_bad_signature(now=now)


@pytest.mark.django_db
def test_a_few_bad_signatures_leave_no_row() -> None:
    bad_calls(limits.BAD_SIGNATURE_BURST - 1)
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_thousand_in_a_window_make_one_alert() -> None:
    bad_calls(1000)
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.count) == ("bad_signatures", "high", limits.BAD_SIGNATURE_BURST)
    assert str(limits.BAD_SIGNATURE_BURST) in alert.summary

    tell_bad_signatures(now=NOW)
    tell_bad_signatures(now=NOW)

    assert [each.count for each in Alert.objects.all()] == [1000]


@pytest.mark.django_db
def test_what_came_at_the_end_of_a_window_is_told_in_the_next() -> None:
    bad_calls(limits.BAD_SIGNATURE_BURST + 7)
    tell_bad_signatures(now=NOW + WINDOW)
    assert Alert.objects.get().count == limits.BAD_SIGNATURE_BURST + 7


@pytest.mark.django_db
def test_the_watch_tells_nothing_of_a_few() -> None:
    bad_calls(limits.BAD_SIGNATURE_BURST - 1)
    tell_bad_signatures(now=NOW)
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_a_burst_in_a_later_window_is_counted_on_the_same_alert() -> None:
    bad_calls(limits.BAD_SIGNATURE_BURST)
    bad_calls(limits.BAD_SIGNATURE_BURST, now=NOW + WINDOW)
    alert = Alert.objects.get()
    assert (alert.count, alert.last_seen_at) == (2 * limits.BAD_SIGNATURE_BURST, NOW + WINDOW)


@pytest.mark.django_db
def test_calls_that_trickle_in_over_many_windows_are_no_burst() -> None:
    for window in range(limits.BAD_SIGNATURE_BURST * 2):
        bad_calls(1, now=NOW + window * WINDOW)
    assert not Alert.objects.exists()


@pytest.mark.django_db
def test_an_unreachable_counter_changes_nothing_for_the_caller(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    bad_calls(limits.BAD_SIGNATURE_BURST + 1)
    tell_bad_signatures(now=NOW)
    assert not Alert.objects.exists()
