-- Wallets had credits only until now: each opened what is a lot from now on, and all of it is still there.
INSERT INTO tokens_lot (id, account_id, entry_id, kind, amount, remaining, held, cost_cents, seq, last_seq, opened_at)
SELECT ledger_new_id(), w.account_id, e.id,
       CASE WHEN e.type = 'adjustment' THEN 'adjustment'
            WHEN a.kind = 'issuance' THEN 'purchased'
            WHEN e.type IN ('purchase', 'bonus') THEN 'bonus'
            ELSE 'promotional' END,
       -c.amount, -c.amount, 0, 0, w.seq, w.seq, e.created_at
FROM tokens_entry e
JOIN tokens_posting w ON w.entry_id = e.id AND w.line = 1
JOIN tokens_posting c ON c.entry_id = e.id AND c.line > 1
JOIN tokens_account a ON a.id = c.account_id
WHERE c.amount < 0;
