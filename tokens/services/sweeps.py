"""Brings wallets to their present that nobody writes to: ends holds past their end, and sweeps what has expired."""

import logging
from datetime import datetime

from tokens.limits import WALLETS_SWEPT_MAX
from tokens.queries.holds import wallets_with_overdue_holds
from tokens.queries.lots import wallets_with_expired_lots
from tokens.services.wallets import tidy

logger = logging.getLogger(__name__)


def sweep_wallets(*, now: datetime) -> int:
    """Tidy the wallets in which something is overdue, at most so many a run; answer how many.

    Each is its own transaction, so that a run which is cut short has done what it did.
    """
    due = dict.fromkeys(
        [
            *wallets_with_overdue_holds(now=now, limit=WALLETS_SWEPT_MAX),
            *wallets_with_expired_lots(now=now, limit=WALLETS_SWEPT_MAX),
        ]
    )
    for account_id in due:
        tidy(account_id=account_id, now=now)
    if due:
        logger.info("wallets.swept", extra={"wallets": len(due)})
    return len(due)
