-- Holds: tokens set aside in a wallet until they are captured or released, or expire. Each resolves once.

-- Sets tokens aside, once per reference: reserves lots in burn order.
CREATE FUNCTION hold_place(
    p_hold uuid, p_service text, p_reference text, p_wallet uuid, p_amount bigint, p_expires_at timestamptz, p_at timestamptz,
    OUT hold_id uuid, OUT replayed boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_hold tokens_hold;
    v_lot record;
    v_left bigint := p_amount;
    v_take bigint;
BEGIN
    replayed := false;
    INSERT INTO tokens_hold (id, account_id, service, reference, amount, status, resolution_key, placed_at, expires_at)
    VALUES (p_hold, p_wallet, p_service, p_reference, p_amount, 'placed', '', p_at, p_expires_at)
    ON CONFLICT (reference) DO NOTHING RETURNING id INTO hold_id;
    IF hold_id IS NULL THEN
        SELECT * INTO STRICT v_hold FROM tokens_hold WHERE reference = p_reference;
        IF (v_hold.account_id, v_hold.amount, v_hold.expires_at - v_hold.placed_at)
           IS DISTINCT FROM (p_wallet, p_amount, p_expires_at - p_at) THEN
            RAISE EXCEPTION 'reference % stands for another hold', p_reference
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'entry_reference_reused';
        END IF;
        hold_id := v_hold.id;
        replayed := true;
        RETURN;
    END IF;
    PERFORM wallet_tidy(p_wallet, p_at);
    PERFORM wallet_require(p_wallet, p_amount, true);
    FOR v_lot IN
        SELECT id, remaining - held AS free FROM tokens_lot
        WHERE account_id = p_wallet AND is_open AND remaining > held
        ORDER BY expires_at, is_bought, seq
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_lot.free);
        INSERT INTO tokens_holdlot (hold_id, lot_id, amount) VALUES (hold_id, v_lot.id, v_take);
        UPDATE tokens_lot SET held = held + v_take WHERE id = v_lot.id;
        v_left := v_left - v_take;
    END LOOP;
    UPDATE tokens_wallet SET held = held + p_amount, version = version + 1, updated_at = greatest(updated_at, p_at)
    WHERE account_id = p_wallet;
    PERFORM mirror_mark_stale('wallet', p_wallet::text);
END $$;

-- Gives back what a placed hold reserves. Its wallet is locked.
CREATE FUNCTION hold_end(p_hold uuid, p_status text, p_key text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    h tokens_hold;
BEGIN
    UPDATE tokens_hold SET status = p_status, resolution_key = p_key, resolved_at = p_at
    WHERE id = p_hold RETURNING * INTO h;
    UPDATE tokens_lot l SET held = l.held - hl.amount FROM tokens_holdlot hl WHERE hl.hold_id = p_hold AND l.id = hl.lot_id;
    UPDATE tokens_wallet SET held = held - h.amount, version = version + 1, updated_at = greatest(updated_at, p_at)
    WHERE account_id = h.account_id;
    PERFORM mirror_mark_stale('wallet', h.account_id::text);
END $$;

-- Locks a hold's wallet, then gives the hold: placed and within its time, or resolved this way under this key before.
CREATE FUNCTION hold_lock(p_hold uuid, p_status text, p_key text, p_at timestamptz)
RETURNS tokens_hold LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    h tokens_hold;
BEGIN
    PERFORM FROM tokens_wallet WHERE account_id = (SELECT account_id FROM tokens_hold WHERE id = p_hold) FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no hold %', p_hold USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'hold_not_found';
    END IF;
    SELECT * INTO h FROM tokens_hold WHERE id = p_hold;
    IF (h.status, h.resolution_key) <> (p_status, p_key) AND (h.status <> 'placed' OR h.expires_at <= p_at) THEN
        RAISE EXCEPTION 'hold % is over: %', p_hold, h.status
            USING ERRCODE = 'check_violation',
                  CONSTRAINT = 'hold_is_' || CASE h.status WHEN 'placed' THEN 'expired' ELSE h.status END;
    END IF;
    RETURN h;
END $$;

-- Spends up to the held amount (NULL: all of it), in burn order; the rest returns. Answers whether it was done before.
CREATE FUNCTION hold_capture(p_hold uuid, p_amount bigint, p_key text, p_entry uuid, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    h tokens_hold := hold_lock(p_hold, 'captured', p_key, p_at);
    v_amount bigint := coalesce(p_amount, h.amount);
    v_left bigint := v_amount;
    v_take bigint;
    v_seq bigint;
    v_lot record;
BEGIN
    IF h.status = 'captured' AND h.captured = v_amount THEN
        RETURN true;
    ELSIF h.status = 'captured' THEN
        RAISE EXCEPTION 'hold % was captured for %', p_hold, h.captured
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_is_captured';
    ELSIF v_amount > h.amount THEN
        RAISE EXCEPTION 'hold % is of %, not %', p_hold, h.amount, v_amount
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capture_exceeds_hold', DETAIL = h.amount;
    END IF;
    PERFORM wallet_tidy(h.account_id, p_at);
    SELECT seq + 1 INTO v_seq FROM tokens_wallet WHERE account_id = h.account_id;
    FOR v_lot IN
        SELECT hl.lot_id, hl.amount FROM tokens_holdlot hl JOIN tokens_lot l ON l.id = hl.lot_id
        WHERE hl.hold_id = p_hold ORDER BY l.expires_at, l.is_bought, l.seq
    LOOP
        v_take := least(v_left, v_lot.amount);
        IF v_take > 0 THEN
            PERFORM lot_move(p_entry, v_lot.lot_id, v_seq, -v_take, -v_lot.amount);
        ELSE
            UPDATE tokens_lot SET held = held - v_lot.amount WHERE id = v_lot.lot_id;
        END IF;
        v_left := v_left - v_take;
    END LOOP;
    PERFORM ledger_enter(p_entry, 'spend', format('capture:%s', p_hold), h.account_id, -v_amount,
                         ARRAY['redeemed'], ARRAY[v_amount], NULL, '', -h.amount, p_at);
    UPDATE tokens_hold SET status = 'captured', captured = v_amount, entry_id = p_entry, resolution_key = p_key, resolved_at = p_at
    WHERE id = p_hold;
    PERFORM wallet_tidy(h.account_id, p_at);
    RETURN false;
END $$;

-- Returns the held tokens. Those whose lot has expired meanwhile expire at once. Answers whether it was done before.
CREATE FUNCTION hold_release(p_hold uuid, p_key text, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    h tokens_hold := hold_lock(p_hold, 'released', p_key, p_at);
BEGIN
    IF h.status = 'released' THEN
        RETURN true;
    END IF;
    PERFORM hold_end(p_hold, 'released', p_key, p_at);
    PERFORM wallet_tidy(h.account_id, p_at);
    RETURN false;
END $$;
