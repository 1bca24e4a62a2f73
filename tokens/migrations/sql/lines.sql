-- Replaces the function of entries.sql: the same rows, without a join of the accounts, which is planned once per connection
-- and reads all of them where they were few then.

-- Writes an entry's lines, which closes it, and asks for the wallet to be mirrored.
CREATE OR REPLACE FUNCTION ledger_lines(
    p_entry uuid, p_wallet uuid, p_amount bigint, p_counter_kinds text[], p_counter_amounts bigint[],
    p_seq bigint, p_balance bigint, p_version bigint, p_chain_hash bytea
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO tokens_posting (entry_id, line, account_id, amount, seq, balance_after, wallet_version, chain_hash)
    SELECT p_entry, l.n, CASE l.n WHEN 1 THEN p_wallet ELSE ledger_house_account(l.kind) END, l.amount,
           CASE l.n WHEN 1 THEN p_seq END, CASE l.n WHEN 1 THEN p_balance END,
           CASE l.n WHEN 1 THEN p_version END, CASE l.n WHEN 1 THEN p_chain_hash END
    FROM unnest(ARRAY['wallet'] || p_counter_kinds, p_amount || p_counter_amounts) WITH ORDINALITY AS l(kind, amount, n);
    PERFORM mirror_mark_all_stale('wallet', ARRAY[p_wallet::text]);
END $$;
