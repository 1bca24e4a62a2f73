-- A wallet's stored balance, seq and hash are those of its last posting, and the balance is the sum of all.
SELECT w.account_id::text AS subject,
       format('balance %s, postings sum to %s and lead to %s; seq %s, %s postings', w.balance, p.total, p.last_balance, w.seq, p.postings) AS found,
       abs(w.balance - p.total) AS tokens
FROM tokens_wallet w
LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS total, count(*) AS postings,
           (array_agg(balance_after ORDER BY seq DESC))[1] AS last_balance,
           (array_agg(chain_hash ORDER BY seq DESC))[1] AS last_hash
    FROM tokens_posting WHERE account_id = w.account_id AND seq IS NOT NULL
) p ON true
WHERE w.balance <> p.total OR w.seq <> p.postings OR w.balance <> coalesce(p.last_balance, 0)
   OR w.chain_hash <> coalesce(p.last_hash, sha256(convert_to(w.account_id::text, 'UTF8')))
   OR w.held > w.balance OR w.held < 0 OR w.debt < 0
ORDER BY w.account_id
