-- A wallet owes what its entries have put on the house's account of debts.
SELECT w.account_id::text AS subject, format('owes %s, its entries say %s', w.debt, d.owed) AS found
FROM tokens_wallet w
CROSS JOIN LATERAL (SELECT coalesce(-sum(c.amount), 0) AS owed
                    FROM tokens_posting own
                    JOIN tokens_posting c ON c.entry_id = own.entry_id AND c.seq IS NULL
                    JOIN tokens_account a ON a.id = c.account_id AND a.kind = 'debt'
                    WHERE own.account_id = w.account_id AND own.seq IS NOT NULL) d
WHERE w.debt <> d.owed
ORDER BY w.account_id
