-- PL/pgSQL keeps its plans from call to call, which plain SQL with a pinned search_path does not.
--
-- Lots: where a wallet's tokens came from, and which of them an entry used. Called by the ledger's functions, under
-- their wallet's lock, after the entry and before its lines: with the lines an entry is closed, its lots too.

-- A UUIDv7 for what is made inside the database.
CREATE FUNCTION ledger_new_id() RETURNS uuid LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid;
END $$;

-- Opens a lot for each line by which the house gave. The cost lies on what was bought.
CREATE FUNCTION lots_open(
    p_entry uuid, p_type text, p_wallet uuid, p_seq bigint, p_kinds text[], p_amounts bigint[],
    p_cost_cents bigint, p_expires_at timestamptz, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO tokens_lot (id, account_id, entry_id, kind, amount, remaining, held, cost_cents, expires_at,
                            seq, last_seq, opened_at)
    SELECT ledger_new_id(), p_wallet, p_entry, l.kind, l.amount, l.amount, 0,
           CASE WHEN l.kind = 'purchased' THEN p_cost_cents ELSE 0 END, p_expires_at, p_seq, p_seq, p_at
    FROM (SELECT CASE WHEN p_type IN ('adjustment', 'reversal') THEN 'adjustment'
                      WHEN c.kind = 'issuance' THEN 'purchased'
                      WHEN c.kind = 'promotions' AND p_type IN ('purchase', 'bonus') THEN 'bonus'
                      WHEN c.kind = 'promotions' THEN 'promotional'
                      ELSE 'adjustment' END AS kind, -c.amount AS amount
          FROM unnest(p_kinds, p_amounts) AS c(kind, amount) WHERE c.amount < 0) l;
END $$;

-- Moves one lot, and says which entry did it.
CREATE FUNCTION lot_move(p_entry uuid, p_lot uuid, p_seq bigint, p_amount bigint, p_held bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO tokens_lotuse (entry_id, lot_id, amount, seq, remaining_after)
    SELECT p_entry, id, p_amount, p_seq, remaining + p_amount FROM tokens_lot WHERE id = p_lot;
    UPDATE tokens_lot SET remaining = remaining + p_amount, held = held + p_held, last_seq = p_seq WHERE id = p_lot;
END $$;

-- Takes up to so many free tokens out of the wallet's lots, in burn order; with a purchase, only out of its own.
-- Answers how many it took. Expired lots come first in burn order, so that a sweep takes nothing else.
CREATE FUNCTION lots_use(p_entry uuid, p_wallet uuid, p_seq bigint, p_amount bigint, p_purchase uuid DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lot record;
    v_left bigint := p_amount;
    v_take bigint;
BEGIN
    FOR v_lot IN
        SELECT l.id, l.remaining - l.held AS free FROM tokens_lot l
        WHERE l.account_id = p_wallet AND l.is_open AND l.remaining > l.held
          AND (p_purchase IS NULL
               OR EXISTS (SELECT FROM tokens_entry e WHERE e.id = l.entry_id AND e.purchase_id = p_purchase))
        ORDER BY l.expires_at, l.is_bought, l.seq
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_lot.free);
        PERFORM lot_move(p_entry, v_lot.id, p_seq, -v_take, 0);
        v_left := v_left - v_take;
    END LOOP;
    RETURN p_amount - v_left;
END $$;

-- What holds past their end still hold, and what has expired and was not swept yet: for whoever reads between sweeps.
CREATE FUNCTION wallet_overdue_held(p_wallet uuid, p_at timestamptz)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(amount), 0)::bigint FROM tokens_hold
    WHERE account_id = p_wallet AND status = 'placed' AND expires_at <= p_at
$$;

CREATE FUNCTION wallet_expired(p_wallet uuid, p_at timestamptz)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (coalesce((SELECT sum(remaining - held) FROM tokens_lot
                      WHERE account_id = p_wallet AND is_open AND expires_at <= p_at), 0)
            + coalesce((SELECT sum(hl.amount) FROM tokens_hold h
                        JOIN tokens_holdlot hl ON hl.hold_id = h.id JOIN tokens_lot l ON l.id = hl.lot_id
                        WHERE h.account_id = p_wallet AND h.status = 'placed' AND h.expires_at <= p_at
                          AND l.expires_at <= p_at), 0))::bigint
$$;
