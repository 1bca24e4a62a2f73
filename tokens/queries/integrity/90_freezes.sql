-- A wallet is frozen while one of its freezes is open, and only then.
SELECT w.account_id::text AS subject, format('%s, with %s open freezes', w.status, f.open) AS found
FROM tokens_wallet w
LEFT JOIN LATERAL (SELECT count(*) AS open FROM tokens_freeze WHERE account_id = w.account_id AND lifted_at IS NULL) f ON true
WHERE w.status <> 'closed' AND (w.status = 'frozen') <> (f.open > 0)
ORDER BY w.account_id
