"""`manage.py verify_ledger`: recompute the ledger, exit non-zero on a fault."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tokens.queries.integrity import check_names, find_imbalances


class Command(BaseCommand):
    """Recomputes every balance, total and hash from the postings."""

    help = "Recompute the whole ledger from its postings; exit 1 and name what is wrong, if anything is."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every check and print what each found."""
        imbalances = find_imbalances()
        for imbalance in imbalances:
            self.stderr.write(str(imbalance))
        if imbalances:
            raise CommandError(f"The ledger has {len(imbalances)} faults; the first: {imbalances[0]}.")
        self.stdout.write(f"The ledger is sound: {len(check_names())} checks found nothing.")
