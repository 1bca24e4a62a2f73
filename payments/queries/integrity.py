"""What must be true between purchases and the ledger: each settled purchase has one credit, and each credit one."""

from django.db import connection

# Both directions in one statement; the ledger's own rules are checked by tokens.queries.integrity.
_MISMATCHES = """
SELECT coalesce(p.id, e.purchase_id)::text AS purchase, p.status, e.id::text AS entry
FROM (SELECT * FROM payments_purchase WHERE status IN ('settled', 'refunded') OR entry_id IS NOT NULL) p
FULL JOIN (SELECT * FROM tokens_entry WHERE type = 'purchase') e ON e.purchase_id = p.id
LEFT JOIN tokens_posting w ON w.entry_id = e.id AND w.line = 1
WHERE p.id IS NULL OR e.id IS NULL OR p.entry_id IS DISTINCT FROM e.id
   OR w.amount <> p.tokens + p.bonus_tokens OR w.account_id <> p.wallet_account_id
"""


def find_credit_mismatches() -> list[str]:
    """Every purchase whose credit is missing, doubled or not its own; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_MISMATCHES)
        rows = cursor.fetchall()
    return [
        f"purchase {purchase} ({status or 'no such row'}), entry {entry}" for purchase, status, entry in rows
    ]
