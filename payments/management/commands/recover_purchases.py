"""`manage.py recover_purchases --since MOMENT`: after a restore, what Stripe remembers and the database has lost."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from foundation.errors import Refusal
from payments.management.commands.reconcile import read_since
from payments.services.recovery import recover_purchases


class Command(BaseCommand):
    """Makes lost purchases again; repeating it is harmless."""

    help = (
        "After the database was restored to an earlier moment: make every purchase since then again that Stripe knows "
        "of, with its buyer's account and its tokens. Then reconcile --since. Exits with 1 if some could not be made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The moment that was restored, or a little earlier."""
        parser.add_argument(
            "--since", type=read_since, required=True, help="A time (ISO 8601), or 3d, 12h, 90m ago."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them, and say which."""
        try:
            found = recover_purchases(since=options["since"], now=timezone.now())
        except Refusal as refusal:
            raise CommandError(f"{refusal.detail} ({refusal.code}) Repeat this.") from refusal
        self.stdout.write(f"{found.looked_at} sales at Stripe, {len(found.made)} made again.")
        for purchase_id in found.made:
            self.stdout.write(f"  made: {purchase_id}")
        for purchase_id in found.left:
            self.stdout.write(
                f"  NOT made: {purchase_id}: its package is not here; publish it and repeat this"
            )
        if found.left:
            sys.exit(1)
