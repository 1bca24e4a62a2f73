"""The timetable's rows: beat brings the code's lines to them, and leaves alone what staff have edited in the admin.

Each row's description says how beat last wrote it, as a digest of the line: a row that is still so follows the code,
another is staff's. Every statement is whole by itself and may be repeated, so two beats that start at once do no harm.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

logger = structlog.get_logger(__name__)

NOTE = "As the code's timetable has it ({}), until somebody edits it here."
NOTES = re.compile(re.escape(NOTE).replace(r"\{\}", "([0-9a-f]{12})"))
# Staff read "every 6 hours", not "every 21600 seconds".
UNITS = {
    IntervalSchedule.DAYS: 86_400,
    IntervalSchedule.HOURS: 3_600,
    IntervalSchedule.MINUTES: 60,
    IntervalSchedule.SECONDS: 1,
}
GONE = "Disabled, for the code's timetable has it no more."


class Line(NamedTuple):
    """What the timetable says of a task; all else in its row is staff's alone."""

    task: str
    seconds: float | None  # None: staff gave the row a schedule of another kind
    kwargs: str
    expire_seconds: int | None

    @classmethod
    def of_code(cls, entry: Mapping[str, Any]) -> "Line":
        """As the code has it."""
        expire_seconds = entry["options"]["expire_seconds"]
        return cls(
            entry["task"], entry["schedule"].total_seconds(), json.dumps(entry["kwargs"]), expire_seconds
        )

    @classmethod
    def of_row(cls, row: PeriodicTask) -> "Line":
        """As the row has it now."""
        seconds = row.interval.schedule.run_every.total_seconds() if row.interval else None
        return cls(row.task, seconds, row.kwargs, row.expire_seconds)

    @property
    def note(self) -> str:
        """How the row's description knows this line again."""
        return NOTE.format(hashlib.sha256(json.dumps(self).encode()).hexdigest()[:12])

    def fields(self) -> dict[str, Any]:
        """The row's fields that say the same."""
        seconds = int(self.seconds or 0)
        period = next(
            {"every": seconds // unit, "period": name} for name, unit in UNITS.items() if seconds % unit == 0
        )
        interval = IntervalSchedule.objects.filter(**period).first()
        return {
            "task": self.task,
            "interval": interval or IntervalSchedule.objects.create(**period),
            "kwargs": self.kwargs,
            "expire_seconds": self.expire_seconds,
        }


def sync_timetable(timetable: Mapping[str, Mapping[str, Any]], *, now: datetime) -> None:
    """Make rows of what is new in the code's timetable, change what changed in it, disable what it has no more."""
    lines = {name: Line.of_code(entry) for name, entry in timetable.items()}
    rows = {row.name: row for row in PeriodicTask.objects.select_related("interval")}
    told = {
        "made": _make({name: line for name, line in lines.items() if name not in rows}, now),
        "changed": [name for name, line in lines.items() if name in rows and _follow(rows[name], line)],
        "disabled": _disable(row for name, row in rows.items() if name not in lines),
    }
    if any(told.values()):
        PeriodicTasks.update_changed()  # a beat that runs reads its rows again
        logger.info("timetable.changed", **told)


def _make(lines: Mapping[str, Line], now: datetime) -> list[str]:
    """Each runs for the first time a period from now, however often beat starts until then.

    Not at once: a new installation has nothing yet to look through, and a release that brings a heavy task does not
    set it off in the minutes in which it is watched. Whoever wants it sooner runs it in the admin.
    """
    PeriodicTask.objects.bulk_create(
        [
            PeriodicTask(name=name, description=line.note, last_run_at=now, **line.fields())
            for name, line in lines.items()
        ],
        ignore_conflicts=True,  # another beat was faster
    )
    return list(lines)


def _follow(row: PeriodicTask, line: Line) -> bool:
    changes: dict[str, Any] = {}
    description = row.description
    if GONE in description:  # an older version is back, which has the line
        description = description.replace(GONE, "").strip()
        changes["enabled"] = True
    is_now, written = Line.of_row(row), NOTES.search(description)
    if is_now != line and written and written[0] == is_now.note:
        changes |= line.fields()
        is_now = line
    if is_now == line:
        rest = NOTES.sub("", description).strip()
        description = f"{line.note} {rest}".strip()
    if description != row.description:
        changes["description"] = description
    return bool(changes) and _change(row, changes)


def _disable(rows: Iterable[PeriodicTask]) -> list[str]:
    """What staff have made has no note, and what they enabled again has both: these go on."""
    return [
        row.name
        for row in rows
        if row.enabled
        and NOTES.search(row.description)
        and GONE not in row.description
        and _change(row, {"enabled": False, "description": f"{row.description} {GONE}"})
    ]


def _change(row: PeriodicTask, changes: Mapping[str, Any]) -> bool:
    """Unless somebody has edited the row since it was read; neither its last run nor its own clock is touched."""
    read = {name: getattr(row, name) for name in ("description", *Line._fields) if name != "seconds"}
    return bool(PeriodicTask.objects.filter(pk=row.pk, interval=row.interval, **read).update(**changes))
