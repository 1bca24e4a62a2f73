-- Undoing one entry by another. What belongs to a payment is moved by its own target (reversals.sql), and what the bank
-- does by itself (an expiry, a debt's repayment) would do itself again: those are refused.

-- Takes up to so many free tokens out of the lots that one entry opened; answers how many.
CREATE FUNCTION lots_use_own(p_entry uuid, p_opened_by uuid, p_seq bigint, p_amount bigint)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lot record;
    v_left bigint := p_amount;
    v_take bigint;
BEGIN
    FOR v_lot IN SELECT id, remaining - held AS free FROM tokens_lot
                 WHERE entry_id = p_opened_by AND remaining > held ORDER BY seq, id
    LOOP
        v_take := least(v_left, v_lot.free);
        CONTINUE WHEN v_take = 0;
        PERFORM lot_move(p_entry, v_lot.id, p_seq, -v_take, 0);
        v_left := v_left - v_take;
    END LOOP;
    RETURN p_amount - v_left;
END $$;

-- How many of the tokens that an entry brought have expired unused: they are back at the house already.
CREATE FUNCTION lots_expired(p_opened_by uuid)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(-sum(u.amount), 0)::bigint
    FROM tokens_lot l JOIN tokens_lotuse u ON u.lot_id = l.id JOIN tokens_entry e ON e.id = u.entry_id
    WHERE l.entry_id = p_opened_by AND e.type = 'expiry'
$$;

-- Undoes a credit: its own lots first, then what of them has expired, then the wallet's other lots; what is missing is
-- owed, or forgiven, as where a payment goes back. The wallet is locked and tidy.
CREATE FUNCTION entry_take_back(
    p_entry uuid, p_original uuid, p_reference text, p_wallet uuid, p_amount bigint, p_kinds text[], p_amounts bigint[],
    p_forgive boolean, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq bigint := (SELECT seq + 1 FROM tokens_wallet WHERE account_id = p_wallet);
    v_own bigint := lots_use_own(p_entry, p_original, v_seq, p_amount);
    v_expired bigint := least(p_amount - v_own, lots_expired(p_original));
    v_others bigint := lots_use(p_entry, p_wallet, v_seq, p_amount - v_own - v_expired);
    v_missing bigint := p_amount - v_own - v_expired - v_others;
BEGIN
    PERFORM ledger_enter(
        p_entry, 'reversal', p_reference, p_wallet, -(v_own + v_others),
        p_kinds || ARRAY['expired', CASE WHEN p_forgive THEN 'forgiven' ELSE 'debt' END],
        p_amounts || ARRAY[-v_expired, -v_missing], NULL, '', 0, p_at);
END $$;

-- Undoes a debit: its tokens return into the lots that they came from. The wallet is locked and tidy.
CREATE FUNCTION entry_put_back(
    p_entry uuid, p_original uuid, p_reference text, p_wallet uuid, p_amount bigint, p_kinds text[], p_amounts bigint[],
    p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq bigint := (SELECT seq + 1 FROM tokens_wallet WHERE account_id = p_wallet);
BEGIN
    PERFORM lot_move(p_entry, u.lot_id, v_seq, -u.amount, 0)
    FROM (SELECT lot_id, amount FROM tokens_lotuse WHERE entry_id = p_original ORDER BY lot_id) u;
    PERFORM ledger_enter(p_entry, 'reversal', p_reference, p_wallet, p_amount, p_kinds, p_amounts, NULL, '', 0, p_at);
END $$;

-- Posts the entry that undoes another, once for ever: its reference is the other's id.
CREATE FUNCTION entry_reverse(
    p_entry uuid, p_original uuid, p_forgive boolean, p_at timestamptz,
    OUT entry_id uuid, OUT balance bigint, OUT seq bigint, OUT amount bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_reference text := format('reversal:%s', p_original);
    v_kinds text[];
    v_amounts bigint[];
    o record;
BEGIN
    SELECT e.type, e.purchase_id, p.account_id AS wallet, p.amount INTO o
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id AND p.line = 1 WHERE e.id = p_original;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no entry %', p_original
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'entry_not_found';
    END IF;
    IF o.purchase_id IS NOT NULL OR o.type NOT IN ('bonus', 'grant', 'promotion', 'spend', 'adjustment') THEN
        RAISE EXCEPTION 'entry % is a % and is not reversed by hand', p_original, o.type
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_not_reversible';
    END IF;
    PERFORM FROM tokens_wallet WHERE account_id = o.wallet FOR UPDATE;
    IF EXISTS (SELECT FROM tokens_entry WHERE reference = v_reference) THEN
        RAISE EXCEPTION 'entry % is reversed', p_original
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'entry_is_reversed';
    END IF;
    PERFORM wallet_tidy(o.wallet, p_at);
    SELECT array_agg(a.kind::text ORDER BY p.line), array_agg(-p.amount ORDER BY p.line) INTO v_kinds, v_amounts
    FROM tokens_posting p JOIN tokens_account a ON a.id = p.account_id WHERE p.entry_id = p_original AND p.line > 1;
    IF o.amount > 0 THEN
        PERFORM entry_take_back(p_entry, p_original, v_reference, o.wallet, o.amount, v_kinds, v_amounts, p_forgive, p_at);
    ELSE
        PERFORM entry_put_back(p_entry, p_original, v_reference, o.wallet, -o.amount, v_kinds, v_amounts, p_at);
    END IF;
    SELECT p.entry_id, p.balance_after, p.seq, p.amount INTO entry_id, balance, seq, amount
    FROM tokens_posting p WHERE p.entry_id = p_entry AND p.line = 1;
    PERFORM wallet_tidy(o.wallet, p_at);
END $$;

REVOKE ALL ON FUNCTION
    lots_use_own(uuid, uuid, bigint, bigint),
    lots_expired(uuid),
    entry_take_back(uuid, uuid, text, uuid, bigint, text[], bigint[], boolean, timestamptz),
    entry_put_back(uuid, uuid, text, uuid, bigint, text[], bigint[], timestamptz),
    entry_reverse(uuid, uuid, boolean, timestamptz)
FROM PUBLIC;
