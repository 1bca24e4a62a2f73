"""How long declines make somebody wait: a pure rule."""

from datetime import UTC, datetime, timedelta

from security.limits import COOL_DOWN_REST, COOL_DOWN_WINDOW
from security.rules.cool_down import rest_until

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def declines(*minutes_ago: float) -> list[datetime]:
    return [NOW - minutes * MINUTE for minutes in minutes_ago]


def test_fewer_declines_than_the_bound_make_nobody_wait():
    assert rest_until([], declines_max=3, now=NOW) is None
    assert rest_until(declines(1, 2), declines_max=3, now=NOW) is None


def test_so_many_declines_make_somebody_wait_from_the_last_of_them():
    assert rest_until(declines(1, 2, 3), declines_max=3, now=NOW) == NOW - MINUTE + COOL_DOWN_REST


def test_declines_spread_over_more_than_the_window_do_not_add_up():
    outside = COOL_DOWN_WINDOW / MINUTE
    assert rest_until(declines(1, 2, outside), declines_max=3, now=NOW) is None
    assert rest_until(declines(1, 2, outside - 1), declines_max=3, now=NOW) is not None


def test_whoever_has_rested_may_try_again_and_one_more_decline_is_another_rest():
    rest = COOL_DOWN_REST / MINUTE
    assert rest_until(declines(rest, rest + 1, rest + 2), declines_max=3, now=NOW) is None
    assert rest_until(declines(0, rest + 1, rest + 2), declines_max=3, now=NOW) == NOW + COOL_DOWN_REST
