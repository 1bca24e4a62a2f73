"""`manage.py seed_load [--wallets N] [--entries-each N]`: fill a ledger, to measure what a large one costs."""

import time
import uuid
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from identity.kinds import FirebaseClaims
from identity.services.accounts import open_account_for_firebase
from tokens.queries.wallets import account_of
from tokens.services import seeding


def positive(text: str) -> int:
    """A whole number from 1.

    :raises ArgumentTypeError: it is none.
    """
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


class Command(BaseCommand):
    """Gives tokens away, so it runs only where no customer is: with DEBUG or SANDBOX."""

    help = "Open customers and fill their wallets with entries. Repeatable: what is there stays, what is missing comes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how large the ledger becomes."""
        parser.add_argument("--wallets", type=positive, default=100, help="How many customers: 100.")
        parser.add_argument(
            "--entries-each", type=positive, default=100, help="How many entries each of them has: 100."
        )

    def handle(self, *args: Any, wallets: int, entries_each: int, **options: Any) -> None:
        """Fill, and say what was new and how fast it went."""
        if not settings.LENIENT:
            raise CommandError("seed_load gives tokens away: it needs SANDBOX=1 or DEBUG.")
        account_ids = [_open_wallet(number) for number in range(1, wallets + 1)]
        started = time.monotonic()
        new = seeding.fill(account_ids=account_ids, entries_each=entries_each, now=timezone.now())
        seconds = time.monotonic() - started
        self.stdout.write(
            f"{wallets} wallets have {entries_each} seeded entries each; {new} are new, in {seconds:.1f} s."
        )


def _open_wallet(number: int) -> uuid.UUID:
    claims = FirebaseClaims(uid=f"seed-load-{number}")
    return account_of(open_account_for_firebase(claims=claims, now=timezone.now()).id)
