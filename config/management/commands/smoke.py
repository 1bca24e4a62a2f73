"""`manage.py smoke URL`: does the installation at this address work?"""

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.smoke.findings import Finding, Verdict
from config.smoke.runner import CHECKS, look_at

WORKS, FAULTS = 0, 1


class Command(BaseCommand):
    """Looks at a running installation from outside and, with its environment, from within."""

    help = (
        "Look at a running installation, from outside and with its environment from within. Changes nothing but for "
        "--purchase. Exits with 0 if nothing failed, 1 if something did, 2 if it was not asked rightly."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, what, and for whom to write."""
        parser.add_argument(
            "url", metavar="URL", nargs="?", default=settings.SITE_URL, help="By default SITE_URL."
        )
        names = f"Of {', '.join(CHECKS)}; with commas."
        parser.add_argument("--only", metavar="CHECK,…", help=f"Make these checks. {names}")
        parser.add_argument("--without", metavar="CHECK,…", help="Make all checks but these.")
        parser.add_argument(
            "--purchase",
            action="store_true",
            help="Buy the cheapest package as smoke-test@…: whole where the checkout is the sandbox's; else a person "
            "pays at the link that is told.",
        )
        parser.add_argument("--json", action="store_true", help="Write JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the checks, tell each as it ends, and exit by them."""
        url = options["url"]
        if not url.startswith(("http://", "https://")):
            raise CommandError(f"{url!r} is no address of a site.", returncode=2)
        names = _chosen(options["only"], options["without"])
        found = []
        for finding in look_at(url, names, buying=options["purchase"]):
            found.append(finding)
            if not options["json"]:
                self.stdout.write(_line(finding))
        status = FAULTS if any(each.verdict is Verdict.FAILED for each in found) else WORKS
        self.stdout.write(_as_json(url, found, status) if options["json"] else _sum(url, found))
        if status:
            sys.exit(status)


def _chosen(only: str | None, without: str | None) -> list[str]:
    named = [name for text in (only, without) if text is not None for name in text.split(",") if name]
    if unknown := [name for name in named if name not in CHECKS]:
        raise CommandError(
            f"There is no check {', '.join(unknown)}; there are {', '.join(CHECKS)}.", returncode=2
        )
    left_out = (without or "").split(",")
    return [name for name in (CHECKS if only is None else only.split(",")) if name not in left_out]


def _line(finding: Finding) -> str:
    return f"{finding.check:<16} {finding.verdict:<13} {finding.seconds:6.2f} s  {finding.words}"


def _sum(url: str, found: list[Finding]) -> str:
    counts = Counter(each.verdict for each in found)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{url} ({settings.VERSION}): {told or 'nothing was looked at'}."


def _as_json(url: str, found: list[Finding], status: int) -> str:
    told = {"url": url, "version": settings.VERSION, "status": status}
    return json.dumps({**told, "checks": [asdict(each) for each in found]}, indent=2)
