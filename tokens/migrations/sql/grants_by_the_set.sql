-- Replaces the function of bulk.sql: the same rows, each kind of them by one statement for all wallets.

-- Gives many wallets tokens in one call, each once per reference: the same rows as one ledger_post each, set by set, at a
-- multiple of its rate. A wallet comes once in a call. Answers how many entries are new.
CREATE OR REPLACE FUNCTION ledger_grant_many(
    p_type text, p_entries uuid[], p_references text[], p_wallets uuid[], p_amounts bigint[],
    p_expires_at timestamptz, p_at timestamptz
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_found integer;
    v_wallet uuid;
    v_reference text;
    v_entries uuid[];
    v_wallets uuid[];
    v_amounts bigint[];
    v_seqs bigint[];
    v_balances bigint[];
    v_versions bigint[];
    v_hashes bytea[];
    v_indebted uuid[];
BEGIN
    -- Before anything is written, and in one order for everybody: no two calls wait for each other.
    PERFORM FROM tokens_wallet WHERE account_id = ANY (p_wallets) ORDER BY account_id FOR NO KEY UPDATE;
    GET DIAGNOSTICS v_found = ROW_COUNT;
    IF v_found <> cardinality(p_wallets) THEN
        SELECT w INTO v_wallet FROM unnest(p_wallets) w
        WHERE NOT EXISTS (SELECT FROM tokens_wallet WHERE account_id = w) LIMIT 1;
        RAISE EXCEPTION 'no wallet %', v_wallet USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wallet_not_found';
    END IF;
    PERFORM wallet_tidy(due.account_id, p_at) FROM (
        SELECT account_id FROM tokens_lot
        WHERE account_id = ANY (p_wallets) AND is_open AND expires_at <= p_at AND remaining > held
        UNION SELECT account_id FROM tokens_hold
        WHERE account_id = ANY (p_wallets) AND status = 'placed' AND expires_at <= p_at) due;
    WITH fresh AS (
        INSERT INTO tokens_entry (id, type, reference, request_hash, line_count, purchase_id, package_code, created_at)
        SELECT entry, p_type, reference,
               ledger_request_hash(p_type, wallet, amount, ARRAY['promotions'], ARRAY[-amount], NULL, '', 0, p_expires_at),
               2, NULL, '', p_at
        FROM unnest(p_entries, p_references, p_wallets, p_amounts) AS i(entry, reference, wallet, amount)
        ON CONFLICT (reference) DO NOTHING RETURNING id
    ), moved AS (
        UPDATE tokens_wallet w SET
            balance = w.balance + i.amount, seq = w.seq + 1, version = w.version + 1,
            total_earned = w.total_earned + i.amount, updated_at = greatest(w.updated_at, p_at),
            chain_hash = ledger_chain_hash(w.chain_hash, i.entry, p_type, i.reference, i.wallet, i.amount,
                                           w.seq + 1, w.balance + i.amount, p_at)
        FROM unnest(p_entries, p_references, p_wallets, p_amounts) AS i(entry, reference, wallet, amount)
        JOIN fresh f ON f.id = i.entry
        WHERE w.account_id = i.wallet
        RETURNING i.entry, i.wallet, i.amount, w.seq, w.balance, w.version, w.chain_hash, w.debt
    )
    SELECT array_agg(entry), array_agg(wallet), array_agg(amount), array_agg(seq), array_agg(balance), array_agg(version),
           array_agg(chain_hash), array_agg(wallet) FILTER (WHERE debt > 0)
    INTO v_entries, v_wallets, v_amounts, v_seqs, v_balances, v_versions, v_hashes, v_indebted FROM moved;
    IF v_entries IS NULL OR cardinality(v_entries) < cardinality(p_entries) THEN
        SELECT e.reference INTO v_reference
        FROM unnest(p_references, p_wallets, p_amounts) AS i(reference, wallet, amount) JOIN tokens_entry e USING (reference)
        WHERE e.request_hash
              <> ledger_request_hash(p_type, i.wallet, i.amount, ARRAY['promotions'], ARRAY[-i.amount], NULL, '', 0, p_expires_at)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'reference % stands for another entry', v_reference
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'entry_reference_reused';
        END IF;
    END IF;
    INSERT INTO tokens_lot (id, account_id, entry_id, kind, amount, remaining, held, cost_cents, expires_at, seq, last_seq, opened_at)
    SELECT ledger_new_id(), m.wallet, m.entry, CASE p_type WHEN 'bonus' THEN 'bonus' ELSE 'promotional' END,
           m.amount, m.amount, 0, 0, p_expires_at, m.seq, m.seq, p_at
    FROM unnest(v_entries, v_wallets, v_amounts, v_seqs) AS m(entry, wallet, amount, seq);
    INSERT INTO tokens_posting (entry_id, line, account_id, amount, seq, balance_after, wallet_version, chain_hash)
    SELECT m.entry, 1, m.wallet, m.amount, m.seq, m.balance, m.version, m.chain_hash
    FROM unnest(v_entries, v_wallets, v_amounts, v_seqs, v_balances, v_versions, v_hashes)
         AS m(entry, wallet, amount, seq, balance, version, chain_hash)
    UNION ALL
    SELECT m.entry, 2, ledger_house_account('promotions'), -m.amount, NULL, NULL, NULL, NULL
    FROM unnest(v_entries, v_amounts) AS m(entry, amount);
    PERFORM mirror_mark_all_stale('wallet', v_wallets::text[]);
    PERFORM wallet_repay_debt(w, p_at) FROM unnest(v_indebted) w;
    RETURN coalesce(cardinality(v_entries), 0);
END $$;
