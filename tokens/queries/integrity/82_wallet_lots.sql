-- A wallet's lots add up to its balance and to what it holds.
SELECT w.account_id::text AS subject,
       format('balance %s, lots hold %s; held %s, lots reserve %s', w.balance, l.remaining, w.held, l.held) AS found
FROM tokens_wallet w
CROSS JOIN LATERAL (SELECT coalesce(sum(remaining), 0) AS remaining, coalesce(sum(held), 0) AS held
                    FROM tokens_lot WHERE account_id = w.account_id) l
WHERE w.balance <> l.remaining OR w.held <> l.held
ORDER BY w.account_id
