"""Recomputes what wallets store from their postings and holds, as the tables' owner."""

from pathlib import Path

from django.db import connection, transaction
from psycopg import sql

from tokens.kinds import Imbalance

_WRONG = (Path(__file__).parents[1] / "queries" / "balances.sql").read_text()
_MEND = sql.SQL(
    "UPDATE tokens_wallet w SET balance = r.balance, held = r.held, debt = r.debt, seq = r.seq,"
    " total_purchased = r.bought, total_earned = r.given, total_spent = r.spent,"
    " chain_hash = r.chain_hash, version = greatest(w.version, r.seq) + 1"
    " FROM ({}) r WHERE r.account_id = w.account_id"
).format(sql.SQL(_WRONG))
_GUARD = "wallet_step_checked"


def find_wrong_balances() -> list[Imbalance]:
    """Each wallet whose stored numbers are not what its postings and holds say."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        rows = cursor.fetchall()
    return [
        Imbalance("stored balances", str(account), f"{stored}, computed {computed}")
        for account, stored, computed, *_ in rows
    ]


def rebuild_balances() -> list[Imbalance]:
    """Store what the postings say wherever it differs; answer what was found.

    One transaction, in which nobody else writes wallets and the guard that lets a balance move only by an entry is off:
    no entry moves it here. The guards that look at COMMIT stay on. Only the tables' owner may do this.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tokens_wallet IN ACCESS EXCLUSIVE MODE")
        found = find_wrong_balances()
        if not found:
            return found
        cursor.execute(f"ALTER TABLE tokens_wallet DISABLE TRIGGER {_GUARD}")
        cursor.execute(_MEND)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE tokens_wallet ENABLE TRIGGER {_GUARD}")
        for each in found:
            cursor.execute("SELECT mirror_mark_stale('wallet', %s)", (each.subject,))
    return found
