-- The only writers of the ledger's tables. Each is SECURITY DEFINER with a pinned search_path, so that the
-- application's role needs EXECUTE on these and SELECT on the tables, and nothing else (deploy/database_roles.sql).
-- Refusals carry a constraint's name, by which tokens/services/ledger.py tells them apart.

-- The hash of a posting on a wallet, over its predecessor's hash and a fixed text form: times in UTC to the
-- microsecond, whatever the connection's TimeZone.
CREATE FUNCTION ledger_chain_hash(
    p_previous bytea, p_entry uuid, p_type text, p_reference text, p_wallet uuid,
    p_amount bigint, p_seq bigint, p_balance_after bigint, p_at timestamptz
) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN sha256(p_previous || convert_to(
        concat_ws('|', p_entry, p_type, p_reference, p_wallet, p_amount, p_seq, p_balance_after,
                  to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8'));
END $$;

-- What an entry says, without its id and time: the same reference with another of these is an error, not a replay.
CREATE FUNCTION ledger_request_hash(
    p_type text, p_wallet uuid, p_amount bigint, p_counter_kinds text[], p_counter_amounts bigint[],
    p_purchase uuid, p_package_code text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT sha256(convert_to(
        concat_ws('|', p_type, p_wallet, p_amount, array_to_string(p_counter_kinds, ','),
                  array_to_string(p_counter_amounts, ','), coalesce(p_purchase::text, '-'), p_package_code), 'UTF8'))
$$;

-- Opens the owner's wallet, or finds it: answers its account's id.
CREATE FUNCTION wallet_open(p_account uuid, p_owner uuid, p_document_id text, p_at timestamptz)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_account uuid;
BEGIN
    INSERT INTO tokens_account (id, kind, owner_id) VALUES (p_account, 'wallet', p_owner)
    ON CONFLICT (owner_id) DO NOTHING RETURNING id INTO v_account;
    IF v_account IS NULL THEN
        SELECT id INTO STRICT v_account FROM tokens_account WHERE owner_id = p_owner;
        RETURN v_account;
    END IF;
    INSERT INTO tokens_wallet (account_id, document_id, status, balance, held, debt, seq, version,
                               total_purchased, total_earned, total_spent, chain_hash, opened_at, updated_at)
    VALUES (v_account, p_document_id, 'active', 0, 0, 0, 0, 1, 0, 0, 0, sha256(convert_to(v_account::text, 'UTF8')), p_at, p_at);
    PERFORM mirror_mark_stale('wallet', v_account::text);
    RETURN v_account;
END $$;

-- Posts one entry between one wallet and accounts of the house. The wallet's amount is what the others leave,
-- so that an entry balances by construction; the triggers check it all the same.
-- The totals follow the house's side: issuance is what was bought, promotions what was given, redeemed what was spent.
CREATE FUNCTION ledger_post(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_counter_kinds text[], p_counter_amounts bigint[],
    p_purchase uuid, p_package_code text, p_at timestamptz,
    OUT entry_id uuid, OUT balance bigint, OUT seq bigint, OUT replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_amount bigint := -(SELECT sum(a) FROM unnest(p_counter_amounts) a);
    v_hash bytea := ledger_request_hash(p_type, p_wallet, v_amount, p_counter_kinds, p_counter_amounts, p_purchase, p_package_code);
    v_found_hash bytea;
    v_chain bytea;
    v_version bigint;
    v_bought bigint := 0;
    v_given bigint := 0;
    v_spent bigint := 0;
BEGIN
    replayed := false;
    INSERT INTO tokens_entry (id, type, reference, request_hash, line_count, purchase_id, package_code, created_at)
    VALUES (p_entry, p_type, p_reference, v_hash, cardinality(p_counter_kinds) + 1, p_purchase, p_package_code, p_at)
    ON CONFLICT (reference) DO NOTHING RETURNING id INTO entry_id;
    IF entry_id IS NULL THEN
        SELECT e.id, e.request_hash, p.balance_after, p.seq INTO STRICT entry_id, v_found_hash, balance, seq
        FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id AND p.line = 1
        WHERE e.reference = p_reference;
        IF v_found_hash <> v_hash THEN
            RAISE EXCEPTION 'reference % stands for another entry', p_reference
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'entry_reference_reused';
        END IF;
        replayed := true;
        RETURN;
    END IF;
    SELECT coalesce(sum(-a) FILTER (WHERE k = 'issuance' AND a < 0), 0),
           coalesce(sum(-a) FILTER (WHERE k = 'promotions' AND a < 0), 0),
           coalesce(sum(a) FILTER (WHERE k = 'redeemed' AND a > 0), 0)
    INTO v_bought, v_given, v_spent
    FROM unnest(p_counter_kinds, p_counter_amounts) AS c(k, a);
    UPDATE tokens_wallet w SET
        balance = w.balance + v_amount, seq = w.seq + 1, version = w.version + 1,
        total_purchased = w.total_purchased + v_bought, total_earned = w.total_earned + v_given,
        total_spent = w.total_spent + v_spent, updated_at = greatest(w.updated_at, p_at),
        chain_hash = ledger_chain_hash(w.chain_hash, entry_id, p_type, p_reference, p_wallet, v_amount,
                                       w.seq + 1, w.balance + v_amount, p_at)
    WHERE w.account_id = p_wallet
    RETURNING w.balance, w.seq, w.chain_hash, w.version INTO balance, seq, v_chain, v_version;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet %', p_wallet
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wallet_not_found';
    END IF;
    INSERT INTO tokens_posting (entry_id, line, account_id, amount, seq, balance_after, wallet_version, chain_hash)
    SELECT entry_id, 1, p_wallet, v_amount, seq, balance, v_version, v_chain
    UNION ALL
    SELECT entry_id, c.n + 1, a.id, c.amount, NULL, NULL, NULL, NULL
    FROM unnest(p_counter_kinds, p_counter_amounts) WITH ORDINALITY AS c(kind, amount, n)
    LEFT JOIN tokens_account a ON a.kind = c.kind AND a.owner_id IS NULL;
    PERFORM mirror_mark_stale('wallet', p_wallet::text);
END $$;

REVOKE ALL ON FUNCTION
    ledger_chain_hash(bytea, uuid, text, text, uuid, bigint, bigint, bigint, timestamptz),
    ledger_request_hash(text, uuid, bigint, text[], bigint[], uuid, text),
    wallet_open(uuid, uuid, text, timestamptz),
    ledger_post(uuid, text, text, uuid, text[], bigint[], uuid, text, timestamptz)
FROM PUBLIC;
