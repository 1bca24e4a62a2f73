"""The timetable's rows over restarts and releases of beat: whose is what, and when it runs."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from structlog.testing import capture_logs

from config.celery import TIMETABLE, app
from config.signs_of_life import Timekeeper
from tests.support.threads import race

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
Start = Callable[..., Timekeeper]


def line(task: str = "mirror.prune", *, full: bool = False, **period: float) -> dict[str, Any]:
    """A line of the code's timetable: each day, unless told otherwise."""
    every = timedelta(**(period or {"days": 1}))
    expire_seconds = int(every.total_seconds())
    kwargs = {"full": True} if full else {}
    return {"task": task, "schedule": every, "options": {"expire_seconds": expire_seconds}, "kwargs": kwargs}


@pytest.fixture
def start(db: None, clock: time_machine.Traveller) -> Iterator[Start]:
    """Start a beat, of a version with these lines."""

    def start_beat(**timetable: dict[str, Any]) -> Timekeeper:
        app.conf.beat_schedule = timetable
        beat = Timekeeper(app=app, lazy=True)
        beat.setup_schedule()
        return beat

    yield start_beat
    app.conf.beat_schedule = TIMETABLE


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time, which stands still until it is moved."""
    with time_machine.travel(START, tick=False) as clock:
        yield clock


def due(beat: Timekeeper) -> set[str]:
    return {name for name, entry in beat.all_as_schedule().items() if entry.is_due().is_due}


def row(name: str = "prune") -> PeriodicTask:
    return PeriodicTask.objects.get(name=name)


def edited(name: str = "prune", **fields: Any) -> PeriodicTask:
    """Save the row as the admin's form does."""
    task = row(name)
    for field, value in fields.items():
        setattr(task, field, value)
    task.save()
    return task


def every_hour() -> IntervalSchedule:
    return IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS)


def test_restarts_before_the_first_run_do_not_begin_the_period_anew(
    start: Start, clock: time_machine.Traveller
) -> None:
    release = {"prune": line(), "scan_all": line("mirror.scan", full=True, weeks=1)}
    assert due(start(**release)) == set()
    for _ in range(2):
        clock.shift(timedelta(hours=11))
        assert due(start(**release)) == set()
    clock.shift(timedelta(hours=3))
    assert due(start(**release)) == {"prune"}
    clock.shift(timedelta(days=6))
    assert due(start(**release)) == {"prune", "scan_all"}


def test_a_restart_of_the_same_version_writes_nothing(start: Start, clock: time_machine.Traveller) -> None:
    start(prune=line())
    before = PeriodicTask.objects.values().get()
    clock.shift(timedelta(hours=1))
    with capture_logs() as lines:
        start(prune=line())
    assert (PeriodicTask.objects.values().get(), lines) == (before, [])


@pytest.mark.parametrize(
    "edit",
    [
        lambda: {"interval": every_hour(), "expire_seconds": 3600},
        lambda: {"interval": None, "crontab": CrontabSchedule.objects.create(hour="4")},
        lambda: {"kwargs": '{"days": 7}'},
        lambda: {"expire_seconds": None, "expires": START + timedelta(days=9)},
        lambda: {"task": "mirror.scan", "description": "Ours since the move."},
        lambda: {"queue": "mirror", "priority": 3, "enabled": False},
    ],
    ids=["interval", "crontab", "kwargs", "expiry", "task", "beside"],
)
def test_what_staff_have_edited_outlives_restarts(start: Start, edit: Callable[[], dict[str, Any]]) -> None:
    start(prune=line())
    edited(**edit())
    before = PeriodicTask.objects.values().get()
    start(prune=line())
    assert PeriodicTask.objects.values().get() == before


def test_what_staff_have_edited_outlives_a_release_that_changes_the_line(start: Start) -> None:
    start(prune=line())
    edited(interval=every_hour(), description=f"{row().description} More often, as Dave asked.")
    before = PeriodicTask.objects.values().get()
    start(prune=line(hours=6))
    assert PeriodicTask.objects.values().get() == before


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (line(seconds=90), "every 90 seconds"),
        (line(minutes=1), "every minute"),
        (line(hours=6), "every 6 hours"),
        (line(weeks=1), "every 7 days"),
    ],
    ids=["seconds", "minute", "hours", "week"],
)
def test_a_period_is_shown_as_people_say_it(start: Start, told: dict[str, Any], words: str) -> None:
    start(prune=told)
    assert str(row().interval) == words


def test_an_interval_that_several_rows_share_is_edited_for_all_of_them(start: Start) -> None:
    start(prune=line())
    IntervalSchedule.objects.update(every=2, period=IntervalSchedule.HOURS)
    start(prune=line(), scan=line("mirror.scan"))
    assert row().interval.schedule.run_every == timedelta(hours=2)
    assert row("scan").interval.schedule.run_every == timedelta(days=1)


def test_what_a_release_changes_arrives_and_the_period_goes_on(
    start: Start, clock: time_machine.Traveller
) -> None:
    start(prune=line())
    edited(queue="mirror", description=f"{row().description} Ask Dave first.")
    clock.shift(timedelta(hours=5))
    start(prune=line("mirror.scan", full=True, hours=6))
    task = row()
    assert (task.task, task.kwargs, task.expire_seconds) == ("mirror.scan", '{"full": true}', 6 * 3600)
    assert task.interval.schedule.run_every == timedelta(hours=6)
    assert (task.last_run_at, task.queue) == (START, "mirror")
    assert task.description.endswith("Ask Dave first.")
    clock.shift(timedelta(hours=1))
    assert due(start(prune=line(hours=6))) == {"prune"}


def test_a_row_that_staff_have_put_back_follows_the_code_again(start: Start) -> None:
    start(prune=line())
    was = row().interval
    edited(interval=every_hour())
    edited(interval=was)
    start(prune=line(hours=6))
    assert row().interval.schedule.run_every == timedelta(hours=6)


def test_a_row_without_a_note_is_staffs_unless_it_says_what_the_code_says(start: Start) -> None:
    start(prune=line(), scan=line("mirror.scan"))
    edited("prune", description="", interval=every_hour())
    edited("scan", description="")
    start(prune=line(), scan=line("mirror.scan"))
    start(prune=line(hours=6), scan=line("mirror.scan", hours=6))
    assert row("prune").interval.schedule.run_every == timedelta(hours=1)
    assert row("scan").interval.schedule.run_every == timedelta(hours=6)


def test_a_line_that_the_code_has_no_more_stops_and_a_rollback_has_it_run_again(
    start: Start, clock: time_machine.Traveller
) -> None:
    start(prune=line(), scan=line("mirror.scan"))
    PeriodicTask.objects.create(name="Ours", task="mirror.scan", interval=every_hour())
    clock.shift(timedelta(days=2))
    assert due(start(scan=line("mirror.scan"))) == {"scan", "Ours"}
    assert "the code's timetable has it no more" in row().description
    assert due(start(prune=line(), scan=line("mirror.scan"))) == {"prune", "scan", "Ours"}
    assert "no more" not in row().description


def test_what_staff_enable_although_the_code_has_it_no_more_goes_on(start: Start) -> None:
    start(prune=line())
    start()
    assert not row().enabled
    edited(enabled=True)
    start()
    assert row().enabled


def test_what_staff_disabled_stays_so_when_the_code_drops_it_and_has_it_again(start: Start) -> None:
    start(prune=line())
    edited(enabled=False)
    start()
    start(prune=line())
    assert not row().enabled


@pytest.mark.django_db(transaction=True)
def test_a_beat_that_runs_sees_what_another_version_changes(
    start: Start, clock: time_machine.Traveller
) -> None:
    running = start(prune=line(), scan=line("mirror.scan"))
    assert running.schedule.keys() == running.schedule.keys() == {"prune", "scan"}
    clock.shift(timedelta(seconds=5))
    with capture_logs() as lines:
        start(scan=line("mirror.scan", full=True), watch=line("security.watch"))
    assert running.schedule.keys() == {"scan", "watch"}
    assert running.schedule["scan"].kwargs == {"full": True}
    assert lines == [
        {
            "event": "timetable.changed",
            "log_level": "info",
            "made": ["watch"],
            "changed": ["scan"],
            "disabled": ["prune"],
        }
    ]


def test_an_edit_while_beat_starts_is_not_lost(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    start(prune=line())
    read = PeriodicTask.objects.select_related("interval")
    list(read)  # what the beat has read …
    edited(kwargs='{"days": 7}')  # … and somebody edits before it writes
    monkeypatch.setattr(PeriodicTask.objects, "select_related", lambda *_: read)
    start(prune=line(hours=6))
    assert (row().kwargs, row().interval.schedule.run_every) == ('{"days": 7}', timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_two_beats_that_start_at_once_make_each_row_once() -> None:
    beats = [Timekeeper(app=app, lazy=True) for _ in range(2)]
    race([beat.setup_schedule for beat in beats])
    assert sorted(PeriodicTask.objects.values_list("name", flat=True)) == sorted(TIMETABLE)
    assert all(beat.schedule.keys() == TIMETABLE.keys() for beat in beats)
