-- Each wallet whose stored numbers are not what its postings, lots and holds say: what is stored, and what should be.
SELECT w.account_id,
       ROW (w.balance, w.held, w.debt, w.seq, w.total_purchased, w.total_earned, w.total_spent)::text AS stored,
       ROW (p.balance, h.held, t.debt, p.seq, t.bought, t.given, t.spent)::text AS computed,
       p.balance, h.held, t.debt, p.seq, t.bought, t.given, t.spent, p.chain_hash
FROM tokens_wallet w
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS balance, coalesce(max(seq), 0) AS seq,
           coalesce((array_agg(chain_hash ORDER BY seq DESC))[1], sha256(convert_to(w.account_id::text, 'UTF8'))) AS chain_hash
    FROM tokens_posting WHERE account_id = w.account_id AND seq IS NOT NULL
) p
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS held FROM tokens_hold WHERE account_id = w.account_id AND status = 'placed'
) h
CROSS JOIN LATERAL (
    SELECT coalesce(sum(-c.amount) FILTER (WHERE a.kind = 'issuance' AND c.amount < 0), 0) AS bought,
           coalesce(sum(-c.amount) FILTER (WHERE a.kind = 'promotions' AND c.amount < 0), 0) AS given,
           coalesce(sum(c.amount) FILTER (WHERE a.kind = 'redeemed' AND c.amount > 0), 0) AS spent,
           coalesce(sum(-c.amount) FILTER (WHERE a.kind = 'debt'), 0) AS debt
    FROM tokens_posting own
    JOIN tokens_posting c ON c.entry_id = own.entry_id AND c.seq IS NULL
    JOIN tokens_account a ON a.id = c.account_id
    WHERE own.account_id = w.account_id AND own.seq IS NOT NULL
) t
WHERE (w.balance, w.held, w.debt, w.seq, w.total_purchased, w.total_earned, w.total_spent, w.chain_hash)
      IS DISTINCT FROM (p.balance, h.held, t.debt, p.seq, t.bought, t.given, t.spent, p.chain_hash)
ORDER BY w.account_id
