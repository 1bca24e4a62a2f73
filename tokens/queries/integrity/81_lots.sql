-- A lot holds what it opened with and what entries have put in or taken out since, and its last use says so;
-- of that it reserves what placed holds have reserved.
SELECT l.id::text AS subject,
       format('remaining %s, uses lead to %s and say %s; held %s, holds reserve %s', l.remaining, l.amount + u.total, u.last_remaining, l.held, h.reserved) AS found
FROM tokens_lot l
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS total, coalesce((array_agg(remaining_after ORDER BY seq DESC))[1], l.amount) AS last_remaining,
                           coalesce(max(seq), l.seq) AS last_seq
                    FROM tokens_lotuse WHERE lot_id = l.id) u
CROSS JOIN LATERAL (SELECT coalesce(sum(hl.amount), 0) AS reserved
                    FROM tokens_holdlot hl JOIN tokens_hold h ON h.id = hl.hold_id
                    WHERE hl.lot_id = l.id AND h.status = 'placed') h
WHERE l.remaining <> l.amount + u.total OR l.remaining <> u.last_remaining OR l.last_seq <> u.last_seq OR l.held <> h.reserved
ORDER BY l.account_id, l.seq, l.id
