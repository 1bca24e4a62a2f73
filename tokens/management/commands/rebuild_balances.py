"""`manage.py rebuild_balances [--check]`: recompute what wallets store from their postings and holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tokens.services import rebuilding


class Command(BaseCommand):
    """Looks, and without `--check` mends, as the tables' owner (MIGRATION_DATABASE_URL)."""

    help = "Store what the postings say wherever a wallet stores something else. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to look only."""
        parser.add_argument("--check", action="store_true", help="Only look; exit 1 if a wallet is wrong.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Say what was found in each wallet, and mend it."""
        found = rebuilding.find_wrong_balances() if check else rebuilding.rebuild_balances()
        for each in found:
            self.stderr.write(str(each))
        if check and found:
            raise CommandError(f"{len(found)} wallets store something else than their postings say.")
        self.stdout.write(
            f"Mended {len(found)} wallets." if found else "Every wallet stores what its postings say."
        )
