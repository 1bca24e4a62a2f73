"""Recomputes the whole ledger from its postings, and says what is not as it must be."""

from decimal import Decimal
from pathlib import Path

from django.db import connection

from tokens.kinds import Imbalance
from tokens.limits import IMBALANCE_TOKENS_MAX, IMBALANCES_SHOWN_MAX

_CHECKS = {path.stem: path.read_text() for path in sorted(Path(__file__).parent.glob("*.sql"))}


def check_names() -> list[str]:
    """The names of the checks, in the order in which they run."""
    return list(_CHECKS)


def find_imbalances(*, shown_max: int = IMBALANCES_SHOWN_MAX) -> list[Imbalance]:
    """Everything wrong in the ledger, so many findings of each check, the first in order; empty when all is well.

    Each check is one SQL statement beside this file that answers (subject, found) rows, and by how many tokens it is
    wrong where that is one number. It reads every posting, so it is for the command, for reconciliation and for
    tests, not for a request.
    """
    found = []
    with connection.cursor() as cursor:
        for name, statement in _CHECKS.items():
            cursor.execute(statement)
            found += [_imbalance(name, *row) for row in cursor.fetchmany(shown_max)]
    return found


def _imbalance(check: str, subject: str, found: str, tokens: Decimal | int = 0) -> Imbalance:
    return Imbalance(check, subject, found, min(int(tokens), IMBALANCE_TOKENS_MAX))
