-- Posting, with lots, debt and holds: replaces the ledger_post and ledger_request_hash of functions.sql.
-- Every function here that moves a wallet holds its row's lock; a movement is: entry, wallet, lots, lines.

DROP FUNCTION ledger_post(uuid, text, text, uuid, text[], bigint[], uuid, text, timestamptz);
DROP FUNCTION ledger_request_hash(text, uuid, bigint, text[], bigint[], uuid, text);

-- What an entry says, without its id and time: the same reference with another of these is an error, not a replay.
CREATE FUNCTION ledger_request_hash(
    p_type text, p_wallet uuid, p_amount bigint, p_counter_kinds text[], p_counter_amounts bigint[],
    p_purchase uuid, p_package_code text, p_cost_cents bigint, p_expires_at timestamptz
) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN sha256(convert_to(
        concat_ws('|', p_type, p_wallet, p_amount, array_to_string(p_counter_kinds, ','),
                  array_to_string(p_counter_amounts, ','), coalesce(p_purchase::text, '-'), p_package_code,
                  nullif(p_cost_cents, 0), to_char(p_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8'));
END $$;

-- Moves the wallet's row by one entry. The totals follow the house's side: issuance is what was bought, promotions what
-- was given, redeemed what was spent, debt what is owed.
CREATE FUNCTION ledger_step(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_amount bigint, p_counter_kinds text[],
    p_counter_amounts bigint[], p_held bigint, p_at timestamptz,
    OUT balance bigint, OUT seq bigint, OUT version bigint, OUT chain_hash bytea, OUT debt bigint, OUT held bigint
) LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_bought bigint;
    v_given bigint;
    v_spent bigint;
    v_owed bigint;
BEGIN
    SELECT coalesce(sum(-a) FILTER (WHERE k = 'issuance' AND a < 0), 0),
           coalesce(sum(-a) FILTER (WHERE k = 'promotions' AND a < 0), 0),
           coalesce(sum(a) FILTER (WHERE k = 'redeemed' AND a > 0), 0),
           coalesce(sum(-a) FILTER (WHERE k = 'debt'), 0)
    INTO v_bought, v_given, v_spent, v_owed
    FROM unnest(p_counter_kinds, p_counter_amounts) AS c(k, a);
    UPDATE tokens_wallet w SET
        balance = w.balance + p_amount, held = w.held + p_held, debt = w.debt + v_owed,
        seq = w.seq + 1, version = w.version + 1,
        total_purchased = w.total_purchased + v_bought, total_earned = w.total_earned + v_given,
        total_spent = w.total_spent + v_spent, updated_at = greatest(w.updated_at, p_at),
        chain_hash = ledger_chain_hash(w.chain_hash, p_entry, p_type, p_reference, p_wallet, p_amount,
                                       w.seq + 1, w.balance + p_amount, p_at)
    WHERE w.account_id = p_wallet
    RETURNING w.balance, w.seq, w.version, w.chain_hash, w.debt, w.held
    INTO balance, seq, version, chain_hash, debt, held;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet %', p_wallet
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wallet_not_found';
    END IF;
END $$;

-- Writes an entry's lines, which closes it, and asks for the wallet to be mirrored.
CREATE FUNCTION ledger_lines(
    p_entry uuid, p_wallet uuid, p_amount bigint, p_counter_kinds text[], p_counter_amounts bigint[],
    p_seq bigint, p_balance bigint, p_version bigint, p_chain_hash bytea
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO tokens_posting (entry_id, line, account_id, amount, seq, balance_after, wallet_version, chain_hash)
    SELECT p_entry, 1, p_wallet, p_amount, p_seq, p_balance, p_version, p_chain_hash
    UNION ALL
    SELECT p_entry, c.n + 1, a.id, c.amount, NULL, NULL, NULL, NULL
    FROM unnest(p_counter_kinds, p_counter_amounts) WITH ORDINALITY AS c(kind, amount, n)
    LEFT JOIN tokens_account a ON a.kind = c.kind AND a.owner_id IS NULL;
    PERFORM mirror_mark_stale('wallet', p_wallet::text);
END $$;

-- An entry of the bank's own making, whose lots have been moved already. Lines of nothing are left out.
CREATE FUNCTION ledger_enter(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_amount bigint, p_counter_kinds text[],
    p_counter_amounts bigint[], p_purchase uuid, p_package_code text, p_held bigint, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_kinds text[] := (SELECT array_agg(k ORDER BY n) FROM unnest(p_counter_kinds, p_counter_amounts) WITH ORDINALITY c(k, a, n) WHERE a <> 0);
    v_amounts bigint[] := (SELECT array_agg(a ORDER BY n) FROM unnest(p_counter_amounts) WITH ORDINALITY c(a, n) WHERE a <> 0);
    v record;
BEGIN
    v := ledger_step(p_entry, p_type, p_reference, p_wallet, p_amount, v_kinds, v_amounts, p_held, p_at);
    INSERT INTO tokens_entry (id, type, reference, request_hash, line_count, purchase_id, package_code, created_at)
    VALUES (p_entry, p_type, p_reference,
            ledger_request_hash(p_type, p_wallet, p_amount, v_kinds, v_amounts, p_purchase, p_package_code,
                                coalesce((SELECT sum(cost_cents)::bigint FROM tokens_lot WHERE entry_id = p_entry), 0), NULL),
            cardinality(v_kinds) + 1, p_purchase, p_package_code, p_at);
    PERFORM ledger_lines(p_entry, p_wallet, p_amount, v_kinds, v_amounts, v.seq, v.balance, v.version, v.chain_hash);
END $$;

-- Pays what the owner owes out of what is free, by an entry of its own.
CREATE FUNCTION wallet_repay_debt(p_wallet uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    w tokens_wallet;
    v_entry uuid := ledger_new_id();
    v_paid bigint;
BEGIN
    SELECT * INTO w FROM tokens_wallet WHERE account_id = p_wallet FOR UPDATE;
    v_paid := least(w.debt, w.balance - w.held);
    IF v_paid > 0 THEN
        PERFORM lots_use(v_entry, p_wallet, w.seq + 1, v_paid);
        PERFORM ledger_enter(v_entry, 'debt_repayment', format('debt_repayment:%s:%s', p_wallet, w.seq + 1), p_wallet,
                             -v_paid, ARRAY['debt'], ARRAY[v_paid], NULL, '', 0, p_at);
    END IF;
END $$;

-- Brings the wallet to its present: holds past their end are released, what has expired and is not held is swept into an
-- `expiry` entry, and debt is paid out of what is free. Every other write of a wallet begins with this.
CREATE FUNCTION wallet_tidy(p_wallet uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq bigint;
    v_hold uuid;
    v_entry uuid := ledger_new_id();
    v_due bigint;
BEGIN
    PERFORM FROM tokens_wallet WHERE account_id = p_wallet FOR UPDATE;
    FOR v_hold IN SELECT id FROM tokens_hold
                  WHERE account_id = p_wallet AND status = 'placed' AND expires_at <= p_at ORDER BY expires_at, id
    LOOP
        PERFORM hold_end(v_hold, 'expired', '', p_at);
    END LOOP;
    SELECT sum(remaining - held)::bigint INTO v_due FROM tokens_lot
    WHERE account_id = p_wallet AND is_open AND expires_at <= p_at AND remaining > held;
    IF v_due > 0 THEN
        SELECT seq + 1 INTO v_seq FROM tokens_wallet WHERE account_id = p_wallet;
        PERFORM lots_use(v_entry, p_wallet, v_seq, v_due);
        PERFORM ledger_enter(v_entry, 'expiry', format('expiry:%s:%s', p_wallet, v_seq), p_wallet, -v_due,
                             ARRAY['expired'], ARRAY[v_due], NULL, '', 0, p_at);
    END IF;
    PERFORM wallet_repay_debt(p_wallet, p_at);
END $$;

-- Locks a wallet and refuses where it has not so many free tokens, or, to be used, is frozen.
CREATE FUNCTION wallet_require(p_wallet uuid, p_amount bigint, p_is_use boolean)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    w tokens_wallet;
BEGIN
    SELECT * INTO w FROM tokens_wallet WHERE account_id = p_wallet FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet %', p_wallet
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wallet_not_found';
    END IF;
    IF p_is_use AND w.status <> 'active' THEN
        RAISE EXCEPTION 'wallet % is %', p_wallet, w.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_frozen';
    END IF;
    IF w.balance - w.held < p_amount THEN
        RAISE EXCEPTION 'wallet % has % free tokens, not %', p_wallet, w.balance - w.held, p_amount
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_insufficient', DETAIL = w.balance - w.held;
    END IF;
END $$;

-- Posts one entry between one wallet and accounts of the house. The wallet's amount is what the others leave,
-- so that an entry balances by construction; the triggers check it all the same. A credit opens lots, a debit uses them.
CREATE FUNCTION ledger_post(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_counter_kinds text[], p_counter_amounts bigint[],
    p_purchase uuid, p_package_code text, p_at timestamptz,
    p_cost_cents bigint DEFAULT 0, p_expires_at timestamptz DEFAULT NULL,
    OUT entry_id uuid, OUT balance bigint, OUT seq bigint, OUT replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_amount bigint := -(SELECT sum(a) FROM unnest(p_counter_amounts) a);
    v_hash bytea := ledger_request_hash(p_type, p_wallet, v_amount, p_counter_kinds, p_counter_amounts, p_purchase,
                                        p_package_code, p_cost_cents, p_expires_at);
    v_found_hash bytea;
    v record;
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
    IF v_amount = 0 THEN
        RAISE EXCEPTION 'posting_moves_something: the lines of entry % cancel out', p_reference
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_moves_something';
    END IF;
    IF EXISTS (SELECT FROM tokens_lot WHERE account_id = p_wallet AND is_open AND expires_at <= p_at AND remaining > held)
       OR EXISTS (SELECT FROM tokens_hold WHERE account_id = p_wallet AND status = 'placed' AND expires_at <= p_at) THEN
        PERFORM wallet_tidy(p_wallet, p_at);
    END IF;
    IF v_amount < 0 THEN
        PERFORM wallet_require(p_wallet, -v_amount, p_type = 'spend');
    END IF;
    v := ledger_step(entry_id, p_type, p_reference, p_wallet, v_amount, p_counter_kinds, p_counter_amounts, 0, p_at);
    IF v_amount > 0 THEN
        PERFORM lots_open(entry_id, p_type, p_wallet, v.seq, p_counter_kinds, p_counter_amounts, p_cost_cents, p_expires_at, p_at);
    ELSE
        PERFORM lots_use(entry_id, p_wallet, v.seq, -v_amount);
    END IF;
    PERFORM ledger_lines(entry_id, p_wallet, v_amount, p_counter_kinds, p_counter_amounts, v.seq, v.balance, v.version, v.chain_hash);
    balance := v.balance;
    seq := v.seq;
    IF v.debt > 0 THEN
        PERFORM wallet_repay_debt(p_wallet, p_at);
    END IF;
END $$;
