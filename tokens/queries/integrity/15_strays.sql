-- Every line is of an entry and on an account, and every lot lies in an account.
SELECT p.entry_id::text AS subject, format('line %s on account %s', p.line, p.account_id) AS found
FROM tokens_posting p
LEFT JOIN ONLY tokens_entry e ON e.id = p.entry_id LEFT JOIN ONLY tokens_account a ON a.id = p.account_id
WHERE e.id IS NULL OR a.id IS NULL
UNION ALL
SELECT l.id::text, format('a lot in account %s', l.account_id)
FROM tokens_lot l LEFT JOIN ONLY tokens_account a ON a.id = l.account_id WHERE a.id IS NULL
