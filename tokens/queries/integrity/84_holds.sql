-- A hold reserves its amount in its own wallet's lots, a wallet holds what its placed holds do, and what was captured
-- was spent by the entry that it names.
SELECT h.id::text AS subject,
       format('%s hold of %s reserves %s, %s of others; captured %s, its entry spent %s', h.status, h.amount, l.reserved, l.others, h.captured, -p.amount) AS found
FROM tokens_hold h
CROSS JOIN LATERAL (SELECT coalesce(sum(hl.amount), 0) AS reserved, count(*) FILTER (WHERE o.account_id <> h.account_id) AS others
                    FROM tokens_holdlot hl JOIN tokens_lot o ON o.id = hl.lot_id WHERE hl.hold_id = h.id) l
LEFT JOIN tokens_posting p ON p.entry_id = h.entry_id AND p.account_id = h.account_id
WHERE h.amount <> l.reserved OR l.others > 0 OR h.captured IS DISTINCT FROM -p.amount
UNION ALL
SELECT w.account_id::text, format('wallet holds %s, its holds %s', w.held, h.held)
FROM tokens_wallet w
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS held FROM tokens_hold WHERE account_id = w.account_id AND status = 'placed') h
WHERE w.held <> h.held
ORDER BY subject
