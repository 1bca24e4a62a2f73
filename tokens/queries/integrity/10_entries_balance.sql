-- Every entry has exactly its lines, they sum to zero, and exactly one of them is on a wallet.
SELECT e.id::text AS subject,
       format('%s lines of %s, sum %s, %s on wallets', count(p.line), e.line_count, coalesce(sum(p.amount), 0), count(p.seq)) AS found
FROM tokens_entry e LEFT JOIN tokens_posting p ON p.entry_id = e.id
GROUP BY e.id
HAVING count(p.line) <> e.line_count OR coalesce(sum(p.amount), 0) <> 0 OR count(p.seq) <> 1
ORDER BY e.id
