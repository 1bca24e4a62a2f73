"""`manage.py reconcile`: compare what we believe with what Stripe and Firestore say, and mend what is safe to mend."""

import json
import re
import sys
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from foundation.money import in_words
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
    """Makes some checks or all of them; repeating it is harmless."""

    help = (
        "Compare what we believe with what Stripe and Firestore say; --repair mends what is safe to mend. Exits "
        "with 0 if nothing was found, 1 if something was (repaired or not), 2 if a check could not be made in full."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which checks, since when, whether to repair, and for whom to write."""
        names = [f"{check.name}: {check.summary}" for check in available().values()]
        parser.add_argument(
            "checks", nargs="*", metavar="CHECK", help=f"All unless some are named. {'; '.join(names)}."
        )
        parser.add_argument(
            "--since", type=read_since, help="A time (ISO 8601), or 3d, 12h, 90m ago; a day ago."
        )
        parser.add_argument("--repair", action="store_true", help="Mend what is safe to mend.")
        parser.add_argument("--whole", action="store_true", help="Compare all of Firestore, not a sample.")
        parser.add_argument("--json", action="store_true", help="Write JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the checks, tell what they found, and exit by it."""
        names = options["checks"] or list(available())
        if unknown := [name for name in names if name not in available()]:
            self.stderr.write(f"There is no check {', '.join(unknown)}; there are {', '.join(available())}.")
            sys.exit(NOT_RUN)
        now = timezone.now()
        since = options["since"] or now - RECONCILE_SINCE
        try:
            results = reconcile(
                names=names, since=since, now=now, repairs=options["repair"], is_whole=options["whole"]
            )
        except Error as error:
            self.stderr.write(f"The database does not keep what is found: {error}")
            sys.exit(NOT_RUN)
        status = _exit_status(results)
        if options["json"]:
            self.stdout.write(json.dumps(_told(results, since, status), indent=2))
        else:
            self._tell(results, since)
        if status:
            sys.exit(status)

    def _tell(self, results: list[CheckResult], since: datetime) -> None:
        for result in results:
            count = len(result.found)
            self.stdout.write(
                f"{result.check}: {result.looked_at} looked at since {since:%Y-%m-%d %H:%M} UTC, "
                f"{count or 'no'} discrepanc{'y' if count == 1 else 'ies'}."
            )
            for found in result.found:
                state = "repaired" if found.is_repaired else "NOT repaired"
                self.stdout.write(f"  {' '.join(found.key)}: {found.difference.words} ({state})")
            if result.error:
                self.stderr.write(f"{result.check} could not be made in full: {result.error}")
        tokens, cents = _at_risk(results)
        money = ", ".join(in_words(amount, currency) for currency, amount in cents.items()) or "no money"
        self.stdout.write(f"At risk, unrepaired: {tokens} tokens and {money}.")


def _told(results: list[CheckResult], since: datetime, status: int) -> dict[str, Any]:
    """What `--json` writes. Money is in whole cents, by currency."""
    tokens, cents = _at_risk(results)
    return {
        "since": since.isoformat(),
        "status": status,
        "totals": {
            "looked_at": sum(result.looked_at for result in results),
            "discrepancies": sum(len(result.found) for result in results),
            "repaired": sum(found.is_repaired for result in results for found in result.found),
            "tokens_at_risk": tokens,
            "cents_at_risk": cents,
        },
        "checks": [_told_of(result) for result in results],
    }


def _told_of(result: CheckResult) -> dict[str, Any]:
    return {
        "check": result.check,
        "looked_at": result.looked_at,
        "error": result.error,
        "discrepancies": [
            {
                "kind": found.difference.kind,
                "subject": found.difference.subject,
                "words": found.difference.words,
                "severity": found.difference.severity.value,
                "tokens": found.difference.tokens,
                "cents": found.difference.cents,
                "currency": found.difference.currency,
                "is_safe": found.is_safe,
                "is_repaired": found.is_repaired,
            }
            for found in result.found
        ],
    }


def _at_risk(results: list[CheckResult]) -> tuple[int, dict[str, int]]:
    """The most that any check sees at risk: several of them may see the same trouble."""
    cents: dict[str, int] = {}
    for result in results:
        for currency, amount in result.cents_at_risk.items():
            cents[currency] = max(cents.get(currency, 0), amount)
    return max((result.tokens_at_risk for result in results), default=0), cents


def _exit_status(results: list[CheckResult]) -> int:
    if any(result.error for result in results):
        return NOT_RUN
    return DISCREPANCIES if any(result.found for result in results) else CLEAN
