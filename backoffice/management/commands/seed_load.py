"""`manage.py seed_load [--customers N] [--purchases N] [--entries N]`: fill the tables, to measure many rows."""

import time
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice.services.seeding import fill


def positive(text: str) -> int:
    """A whole number from 1.

    :raises ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


class Command(BaseCommand):
    """Gives tokens away, so it runs only where no customer is: with DEBUG or SANDBOX."""

    help = "Fill the tables of all apps. Repeatable: what is there stays, what is missing comes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many rows there are to be."""
        parser.add_argument("--customers", type=positive, default=100, help="With a wallet each: 100.")
        parser.add_argument("--purchases", type=positive, default=150, help="Of them all together: 150.")
        parser.add_argument(
            "--entries", type=positive, default=1_000, help="Beside those of the purchases: 1,000."
        )

    def handle(self, *args: Any, customers: int, purchases: int, entries: int, **options: Any) -> None:
        """Fill, and say what was done and how long it took."""
        if not settings.LENIENT:
            raise CommandError("seed_load gives tokens away: it needs SANDBOX=1 or DEBUG.")
        started = time.monotonic()

        def tell(words: str) -> None:
            self.stdout.write(f"{time.monotonic() - started:6.1f} s  {words}")

        fill(customers=customers, purchases=purchases, entries=entries, now=timezone.now(), tell=tell)
