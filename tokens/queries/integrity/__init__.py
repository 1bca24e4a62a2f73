"""Recomputes the whole ledger from its postings, and says what is not as it must be."""

from pathlib import Path

from django.db import connection

from tokens.kinds import Imbalance
from tokens.limits import IMBALANCES_SHOWN_MAX

_CHECKS = {path.stem: path.read_text() for path in sorted(Path(__file__).parent.glob("*.sql"))}


def check_names() -> list[str]:
    """The names of the checks, in the order in which they run."""
    return list(_CHECKS)


def find_imbalances() -> list[Imbalance]:
    """Everything wrong in the ledger, each check's first findings in order; empty when all is well.

    Each check is one SQL statement beside this file that answers (subject, found) rows. It reads every
    posting, so it is for the command, for reconciliation and for tests, not for a request.
    """
    found = []
    with connection.cursor() as cursor:
        for name, statement in _CHECKS.items():
            cursor.execute(statement)
            found += [
                Imbalance(name, subject, seen) for subject, seen in cursor.fetchmany(IMBALANCES_SHOWN_MAX)
            ]
    return found
