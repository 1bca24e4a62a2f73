"""`manage.py reconcile`: compare what we believe with what Stripe says, and repair what can be repaired."""

import json
import re
import sys
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from payments.limits import RECONCILE_SINCE
from payments.services.reconciliation.runner import CheckResult, available, reconcile

CLEAN, DISCREPANCIES, NOT_RUN = 0, 1, 2
_AGO = re.compile(r"(\d{1,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def read_since(text: str) -> datetime:
    """A moment: `90m`, `12h` or `3d` ago, or a date or time in ISO 8601, in UTC unless it says otherwise.

    :raises ArgumentTypeError: it is none of these.
    """
    if ago := _AGO.fullmatch(text):
        return timezone.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        day, moment = parse_date(text), parse_datetime(text)
    except ValueError:
        day, moment = None, None
    if day:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    if moment is None:
        raise ArgumentTypeError(
            f"{text!r} is neither a time (2026-03-01T12:00) nor how long ago (3d, 12h, 90m)"
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Runs some checks or all of them; repeating it is harmless."""

    help = (
        "Compare what we believe with what Stripe says, and repair what can be repaired. Exits with 0 if nothing was "
        "found, 1 if something was (repaired or not), 2 if a check could not be made in full."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which checks, since when, and for whom to write."""
        names = [f"{check.name}: {check.summary}" for check in available().values()]
        parser.add_argument(
            "checks", nargs="*", metavar="CHECK", help=f"All unless some are named. {'; '.join(names)}."
        )
        parser.add_argument(
            "--since", type=read_since, help="A time (ISO 8601), or 3d, 12h, 90m ago; a day ago."
        )
        parser.add_argument("--json", action="store_true", help="Write JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks, tell what they found, and exit by it."""
        names = options["checks"] or list(available())
        if unknown := [name for name in names if name not in available()]:
            self.stderr.write(f"There is no check {', '.join(unknown)}; there are {', '.join(available())}.")
            sys.exit(NOT_RUN)
        now = timezone.now()
        since = options["since"] or now - RECONCILE_SINCE
        results = reconcile(names=names, since=since, now=now)
        status = _exit_status(results)
        if options["json"]:
            told = {"since": since.isoformat(), "status": status, "checks": [asdict(it) for it in results]}
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._tell(results, since)
        if status:
            sys.exit(status)

    def _tell(self, results: list[CheckResult], since: datetime) -> None:
        for result in results:
            count = len(result.discrepancies)
            self.stdout.write(
                f"{result.check}: {result.looked_at} looked at since {since:%Y-%m-%d %H:%M} UTC, "
                f"{count or 'no'} discrepanc{'y' if count == 1 else 'ies'}."
            )
            for found in result.discrepancies:
                state = "repaired" if found.is_repaired else "NOT repaired"
                self.stdout.write(f"  {found.kind} {found.subject}: {found.words} ({state})")
            if result.error:
                self.stderr.write(f"{result.check} could not be made in full: {result.error}")


def _exit_status(results: list[CheckResult]) -> int:
    if any(result.error for result in results):
        return NOT_RUN
    return DISCREPANCIES if any(result.discrepancies for result in results) else CLEAN
