"""How many purchases a customer may start: slots, the two numbers, and the counters behind them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from itertools import chain, repeat
from typing import Any
from unittest.mock import DEFAULT, Mock

import pytest
import redis
import time_machine
from django.core.cache import caches
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from identity.kinds import Actor
from identity.models import User
from security import limits
from security.errors import LimiterUnavailable, LimitsInvalid, PurchasesBlocked, RateLimited
from security.gateways import window_counters
from security.gateways.window_counters import CACHE, Period, count_one, take_back
from security.kinds import AlertKind, Limit, LimitsInForce, OverrideKind
from security.models import Alert, LimitRefusal, PurchaseLimits
from security.queries.purchase_limits import limits_of
from security.services.purchase_limits import purchase_slot, set_purchase_limits
from security.services.screening import screen_purchase
from tests.security.conftest import NOW, Grant, facts

HOURLY, DAILY = limits.PURCHASES_HOURLY_MAX, limits.PURCHASES_DAILY_MAX
NOWHERE = {"BACKEND": "config.cache.SharedRedisCache", "LOCATION": "redis://127.0.0.1:9/0"}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """The counters go by the clock."""
    with time_machine.travel(NOW, tick=False) as stopped:
        yield stopped


def now() -> datetime:
    return datetime.now(tz=UTC)


def take(user: User, count: int = 1, **more: object) -> None:
    """Start so many purchases."""
    for _ in range(count):
        with purchase_slot(facts=facts(user, **more), now=now()):
            pass


def counted(user: User, period: Period = Period.HOUR) -> int:
    """How many are counted, found out by counting one and giving it back."""
    hit = count_one(group="purchases", whose=str(user.id), period=period)
    take_back(hit)
    return hit.number - 1


def test_a_customer_may_start_as_many_as_the_limit_and_no_more_and_others_are_not_concerned(
    alice: User, bob: User
):
    take(alice, HOURLY)

    with pytest.raises(RateLimited) as refused:
        take(alice)

    assert refused.value.members == {}
    assert refused.value.detail == "You may start up to 5 purchases an hour."
    assert refused.value.retry_after_seconds is not None
    assert 0 < refused.value.retry_after_seconds <= 3600
    assert counted(alice) == HOURLY
    take(bob, HOURLY)


def test_whoever_comes_back_when_they_were_told_to_may_start_again(
    alice: User, clock: time_machine.Traveller
):
    take(alice, HOURLY)
    with pytest.raises(RateLimited) as refused:
        take(alice)
    assert refused.value.retry_after_seconds is not None

    clock.shift(refused.value.retry_after_seconds - 1)
    with pytest.raises(RateLimited):
        take(alice)
    clock.shift(1 + 1)

    take(alice, HOURLY)


def test_the_twenty_first_in_a_day_is_refused_until_the_day_is_over(
    alice: User, clock: time_machine.Traveller
):
    day_ends_at = count_one(group="purchases", whose=str(alice.id), period=Period.DAY).window.ends_at
    clock.move_to(day_ends_at + timedelta(seconds=1))
    for _ in range(DAILY // HOURLY):
        take(alice, HOURLY)
        clock.shift(3600)

    with pytest.raises(RateLimited) as refused:
        take(alice)

    assert "up to 20 purchases a day" in refused.value.detail
    assert refused.value.breach.limit == Limit.DAILY
    assert refused.value.retry_after_seconds is not None
    assert refused.value.retry_after_seconds > 3600
    assert counted(alice) == 0, "the hour's count was given back"
    clock.shift(refused.value.retry_after_seconds + 1)
    take(alice)


def test_a_start_that_is_refused_or_fails_before_stripe_gives_its_slot_back(alice: User):
    for error in (PurchasesBlocked(), ZeroDivisionError()):
        with pytest.raises(type(error)), purchase_slot(facts=facts(alice), now=NOW):
            raise error

    assert (counted(alice), counted(alice, Period.DAY)) == (0, 0)
    assert not LimitRefusal.objects.exists()


def test_a_counter_that_redis_has_lost_begins_at_what_the_rows_say(alice: User):
    window = count_one(group="other", whose=str(alice.id), period=Period.HOUR).window
    four = tuple(window.starts_at + timedelta(seconds=seconds) for seconds in range(4))
    older = window.starts_at - timedelta(seconds=1)

    take(alice, started_at=(*four, older))
    with pytest.raises(RateLimited):
        take(alice, started_at=four)
    caches[CACHE].clear()
    with pytest.raises(RateLimited):
        take(alice, started_at=(*four, NOW))


def test_what_is_seeded_is_what_the_library_counts_on(alice: User):
    """Its key is made by a function that is not in its documentation: this test is what watches it."""
    hit = count_one(group="purchases", whose=str(alice.id), period=Period.HOUR, before=lambda _: 7)
    assert hit.number == 8
    take_back(hit)
    assert (
        count_one(group="purchases", whose=str(alice.id), period=Period.HOUR, before=lambda _: 99).number == 8
    )
    assert hit.window.ends_at - hit.window.starts_at == timedelta(hours=1)
    assert hit.window.starts_at <= NOW < hit.window.ends_at + timedelta(seconds=1)


def test_rows_have_the_last_word_where_counts_were_lost_while_they_were_taken(alice: User):
    with pytest.raises(RateLimited), purchase_slot(facts=facts(alice), now=NOW) as slot:
        slot.confirm([NOW] * HOURLY)

    assert counted(alice) == 0
    refusal = LimitRefusal.objects.get()
    assert (refusal.limit, refusal.allowed, refusal.count) == (Limit.HOURLY, HOURLY, 1)


def test_without_redis_nothing_is_started_and_one_alert_says_so(alice: User, settings: Settings):
    settings.CACHES = {**settings.CACHES, CACHE: NOWHERE}

    for _ in range(3):
        with pytest.raises(LimiterUnavailable):
            take(alice)

    alert = Alert.objects.get(kind=AlertKind.LIMITER_UNAVAILABLE)
    assert (alert.severity, alert.count) == ("high", 3)
    assert not LimitRefusal.objects.exists()


def test_one_answer_of_redis_that_is_late_or_lost_turns_no_buyer_away(
    alice: User, monkeypatch: pytest.MonkeyPatch
):
    """The client is told, before it has sent anything, that the connection is gone or the answer too late."""
    for error in (redis.TimeoutError("late"), redis.ConnectionError("cut")):
        send = Mock(side_effect=chain([error], repeat(DEFAULT)), wraps=redis.Connection.send_packed_command)
        with monkeypatch.context() as patched:
            patched.setattr(redis.Connection, "send_packed_command", partialmethod(send))
            take(alice)
        assert send.call_count > 1

    assert (counted(alice), counted(alice, Period.DAY)) == (2, 2)
    assert not Alert.objects.exists()


def test_redis_that_goes_between_taking_and_giving_back_costs_the_slot_and_nothing_else(
    alice: User, settings: Settings
):
    there = settings.CACHES
    facts: dict[str, Any] = {"group": "purchases", "whose": str(alice.id), "period": Period.HOUR}
    hit = count_one(**facts)
    settings.CACHES = {**there, CACHE: NOWHERE}
    take_back(hit)
    settings.CACHES = there
    assert count_one(**facts).number == hit.number + 1


def test_a_count_that_vanishes_while_it_is_counted_is_no_permission(
    alice: User, monkeypatch: pytest.MonkeyPatch
):
    """As when Redis is emptied between the library's two commands: it says so by a time of minus one."""
    monkeypatch.setattr(
        window_counters, "get_usage", lambda *_, **__: {"count": 0, "limit": 0, "time_left": -1}
    )
    with pytest.raises(LimiterUnavailable):
        take(alice)


def test_an_override_takes_effect_at_once_and_never_resets_the_count(alice: User, carol: Actor, grant: Grant):
    take(alice, HOURLY)
    for _ in range(50):
        with pytest.raises(RateLimited):
            take(alice)

    grant(alice, hourly_max=8)

    take(alice, 8 - HOURLY)
    with pytest.raises(RateLimited, match="to 8 "):
        take(alice)
    assert counted(alice) == 8


def test_an_unlimited_customer_is_counted_all_the_same(alice: User, grant: Grant):
    override = grant(alice, OverrideKind.UNLIMITED)
    take(alice, DAILY + 5)
    assert counted(alice, Period.DAY) == DAILY + 5

    with pytest.raises(RateLimited), time_machine.travel(override.ends_at, tick=False):
        take(alice, HOURLY + 1)


def test_a_blocked_customer_is_refused_whatever_was_counted(alice: User, bob: User, grant: Grant):
    grant(alice, OverrideKind.BLOCKED)
    with pytest.raises(PurchasesBlocked):
        screen_purchase(facts=facts(alice), now=NOW)
    screen_purchase(facts=facts(bob), now=NOW)


def test_the_numbers_are_those_of_the_start_until_staff_set_others_and_each_change_is_kept(
    alice: User, carol: Actor
):
    assert limits_of(user_id=alice.id, now=NOW) == LimitsInForce(5, 20)

    set_purchase_limits(hourly_max=2, daily_max=4, reason="A wave of stolen cards.", actor=carol, now=NOW)
    later = NOW + timedelta(hours=1)
    row = set_purchase_limits(hourly_max=6, daily_max=24, reason=" It is over. ", actor=carol, now=later)

    assert limits_of(user_id=alice.id, now=NOW) == LimitsInForce(6, 24)
    assert str(row) == "6 an hour, 24 a day"
    told = [
        (
            past.hourly_max,
            past.daily_max,
            past.history_change_reason,
            past.history_date,
            str(past.history_user_id),
        )
        for past in PurchaseLimits.history.all()
    ]
    assert told == [
        (6, 24, "It is over.", later, carol.id),
        (2, 4, "A wave of stolen cards.", NOW, carol.id),
    ]


def test_a_number_that_is_lowered_holds_for_what_was_started_before(alice: User, carol: Actor):
    take(alice, 3)
    set_purchase_limits(hourly_max=3, daily_max=20, reason="Lower.", actor=carol, now=NOW)
    with pytest.raises(RateLimited, match="to 3 "):
        take(alice)


@pytest.mark.parametrize(
    ("hourly_max", "daily_max", "reason"),
    [(0, 20, "x"), (5, 4, "x"), (5, 501, "x"), (5, 20, " "), (5, 20, "x" * 301)],
)
def test_numbers_that_make_no_sense_are_refused(carol: Actor, hourly_max: int, daily_max: int, reason: str):
    with pytest.raises(LimitsInvalid):
        set_purchase_limits(hourly_max=hourly_max, daily_max=daily_max, reason=reason, actor=carol, now=NOW)
    assert not PurchaseLimits.objects.exists()


def test_the_database_keeps_one_row_of_numbers_that_make_sense(carol: Actor):
    row = {"reason": "x", "changed_at": NOW, "changed_by_id": carol.id}
    for numbers in ({"hourly_max": 0, "daily_max": 5}, {"hourly_max": 9, "daily_max": 5}, {"id": 2}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PurchaseLimits.objects.create(**{"hourly_max": 5, "daily_max": 20} | row | numbers)
