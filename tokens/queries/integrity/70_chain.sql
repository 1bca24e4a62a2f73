-- Each posting's hash follows from its predecessor's: a changed, removed or inserted row breaks the chain there.
SELECT s.entry_id::text AS subject, format('wallet %s seq %s: the hash does not follow', s.account_id, s.seq) AS found
FROM (
    SELECT p.*, e.type, e.reference, e.created_at,
           lag(p.chain_hash, 1, sha256(convert_to(p.account_id::text, 'UTF8'))) OVER (PARTITION BY p.account_id ORDER BY p.seq) AS hash_before
    FROM tokens_posting p JOIN tokens_entry e ON e.id = p.entry_id
    WHERE p.seq IS NOT NULL
) s
WHERE s.chain_hash <> ledger_chain_hash(s.hash_before, s.entry_id, s.type, s.reference, s.account_id, s.amount, s.seq, s.balance_after, s.created_at)
ORDER BY s.account_id, s.seq
