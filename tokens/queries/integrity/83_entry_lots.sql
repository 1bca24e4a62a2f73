-- What an entry gives a wallet is what it opened as lots and moved in lots, all of them that wallet's.
SELECT p.entry_id::text AS subject,
       format('%s on wallet %s, its lots say %s, %s of others', p.amount, p.account_id, l.total + u.total, l.others + u.others) AS found
FROM tokens_posting p
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS total, count(*) FILTER (WHERE account_id <> p.account_id OR seq <> p.seq) AS others
                    FROM tokens_lot WHERE entry_id = p.entry_id) l
CROSS JOIN LATERAL (SELECT coalesce(sum(u.amount), 0) AS total, count(*) FILTER (WHERE o.account_id <> p.account_id OR u.seq <> p.seq) AS others
                    FROM tokens_lotuse u JOIN tokens_lot o ON o.id = u.lot_id WHERE u.entry_id = p.entry_id) u
WHERE p.seq IS NOT NULL AND (p.amount <> l.total + u.total OR l.others + u.others > 0)
ORDER BY p.account_id, p.seq
