-- Each posting of a wallet follows its predecessor: seq without a gap from 1, the running balance,
-- and versions that only rise.
SELECT s.entry_id::text AS subject,
       format('wallet %s seq %s after %s, balance %s after %s and %s', s.account_id, s.seq, s.seq_before, s.balance_after, s.balance_before, s.amount) AS found
FROM (
    SELECT p.*, lag(seq, 1, 0::bigint) OVER w AS seq_before, lag(balance_after, 1, 0::bigint) OVER w AS balance_before,
           lag(wallet_version, 1, 1::bigint) OVER w AS version_before
    FROM tokens_posting p WHERE seq IS NOT NULL WINDOW w AS (PARTITION BY account_id ORDER BY seq)
) s
WHERE s.seq <> s.seq_before + 1 OR s.balance_after <> s.balance_before + s.amount OR s.balance_after < 0
   OR s.wallet_version <= s.version_before
ORDER BY s.account_id, s.seq
