-- Lines on wallets carry a seq, lines on the house's accounts carry none.
SELECT p.entry_id::text AS subject, format('line %s on %s, seq %s', p.line, a.kind, p.seq) AS found
FROM tokens_posting p JOIN tokens_account a ON a.id = p.account_id
WHERE (a.kind = 'wallet') <> (p.seq IS NOT NULL)
ORDER BY p.entry_id, p.line
