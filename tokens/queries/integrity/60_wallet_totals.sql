-- A wallet's totals are what its entries say: bought against issuance, given against promotions, spent against redeemed.
SELECT w.account_id::text AS subject,
       format('bought %s of %s, given %s of %s, spent %s of %s', w.total_purchased, t.bought, w.total_earned, t.given, w.total_spent, t.spent) AS found
FROM tokens_wallet w
CROSS JOIN LATERAL (
    SELECT coalesce(sum(-c.amount) FILTER (WHERE a.kind = 'issuance' AND c.amount < 0), 0) AS bought,
           coalesce(sum(-c.amount) FILTER (WHERE a.kind = 'promotions' AND c.amount < 0), 0) AS given,
           coalesce(sum(c.amount) FILTER (WHERE a.kind = 'redeemed' AND c.amount > 0), 0) AS spent
    FROM tokens_posting own
    JOIN tokens_posting c ON c.entry_id = own.entry_id AND c.seq IS NULL
    JOIN tokens_account a ON a.id = c.account_id
    WHERE own.account_id = w.account_id AND own.seq IS NOT NULL
) t
WHERE (w.total_purchased, w.total_earned, w.total_spent) <> (t.bought, t.given, t.spent)
ORDER BY w.account_id
