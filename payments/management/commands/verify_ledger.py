"""`manage.py verify_ledger`: recompute the ledger, hold it against the purchases, exit non-zero on a fault."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from payments.queries.integrity import find_credit_mismatches, find_reversal_mismatches
from tokens.queries.integrity import check_names, find_imbalances

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Recomputes every balance, total and hash from the postings, and asks every credit for its purchase."""

    help = (
        "Recompute the whole ledger from its postings and hold it against the purchases; exit 1 on a fault."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every check and print what each found."""
        faults = [*map(str, find_imbalances()), *find_credit_mismatches(), *find_reversal_mismatches()]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            logger.error("ledger.imbalance", extra={"faults": len(faults)})
            raise CommandError(f"The ledger has {len(faults)} faults; the first: {faults[0]}.")
        self.stdout.write(f"The ledger is sound: {len(check_names()) + 2} checks found nothing.")
