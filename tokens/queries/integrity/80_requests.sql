-- The hash by which a repeated reference is recognised is that of the entry's own content.
SELECT s.id::text AS subject, format('reference %s: the request hash is not that of its lines', s.reference) AS found
FROM (
    SELECT e.id, e.reference, e.request_hash,
           ledger_request_hash(
               e.type, (array_agg(p.account_id) FILTER (WHERE p.line = 1))[1], (array_agg(p.amount) FILTER (WHERE p.line = 1))[1],
               array_agg(a.kind::text ORDER BY p.line) FILTER (WHERE p.line > 1),
               array_agg(p.amount ORDER BY p.line) FILTER (WHERE p.line > 1),
               e.purchase_id, e.package_code,
               (SELECT coalesce(sum(l.cost_cents), 0)::bigint FROM tokens_lot l WHERE l.entry_id = e.id),
               (SELECT max(l.expires_at) FROM tokens_lot l WHERE l.entry_id = e.id)) AS recomputed
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id JOIN tokens_account a ON a.id = p.account_id
    GROUP BY e.id
) s
WHERE s.request_hash <> s.recomputed
ORDER BY s.id
