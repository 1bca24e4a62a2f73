-- Money that goes back, and tokens with it. For each purchase there is a target: how many of its tokens are to be back
-- at the house. The function posts what is missing from it, or gives back what is too much, so that repeats change
-- nothing and any order of causes leads to the same end.

-- What a purchase's reversals have taken out of a lot and not put back.
CREATE FUNCTION reversal_taken(p_purchase uuid, OUT lot_id uuid, OUT taken bigint, OUT is_own boolean)
RETURNS SETOF record LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.lot_id, -sum(u.amount)::bigint,
           EXISTS (SELECT FROM tokens_lot l JOIN tokens_entry o ON o.id = l.entry_id WHERE l.id = u.lot_id AND o.purchase_id = p_purchase)
    FROM tokens_entry e JOIN tokens_lotuse u ON u.entry_id = e.id
    WHERE e.purchase_id = p_purchase AND e.type IN ('refund', 'dispute', 'dispute_won')
    GROUP BY u.lot_id HAVING sum(u.amount) < 0
$$;

-- What a purchase's reversals have posted to an account of the house.
CREATE FUNCTION reversal_posted(p_purchase uuid, p_kind text)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(p.amount), 0)::bigint
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id JOIN tokens_account a ON a.id = p.account_id
    WHERE e.purchase_id = p_purchase AND e.type IN ('refund', 'dispute', 'dispute_won') AND a.kind = p_kind
$$;

-- How many of a purchase's own tokens have expired unused: they are back at the house already.
CREATE FUNCTION purchase_expired(p_purchase uuid)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(-sum(u.amount), 0)::bigint
    FROM tokens_entry o JOIN tokens_lot l ON l.entry_id = o.id JOIN tokens_lotuse u ON u.lot_id = l.id
    JOIN tokens_entry e ON e.id = u.entry_id
    WHERE o.purchase_id = p_purchase AND e.type = 'expiry'
$$;

-- Puts up to so many tokens back into the lots that a purchase's reversals took them from, its own or the others'.
CREATE FUNCTION lots_restore(p_entry uuid, p_purchase uuid, p_seq bigint, p_amount bigint, p_is_own boolean)
RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_lot record;
    v_left bigint := p_amount;
    v_give bigint;
BEGIN
    FOR v_lot IN
        SELECT t.lot_id, t.taken FROM reversal_taken(p_purchase) t JOIN tokens_lot l ON l.id = t.lot_id
        WHERE t.is_own = p_is_own ORDER BY l.expires_at DESC, l.is_bought DESC, l.seq DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_give := least(v_left, v_lot.taken);
        PERFORM lot_move(p_entry, v_lot.lot_id, p_seq, v_give, 0);
        v_left := v_left - v_give;
    END LOOP;
    RETURN p_amount - v_left;
END $$;

-- Takes tokens back: the purchase's own lots first, then what of them has expired (which the house has already), then
-- the wallet's other lots; what is missing is owed, or forgiven. The wallet is locked and tidy.
CREATE FUNCTION reversal_take(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_purchase uuid, p_package_code text,
    p_amount bigint, p_forgive boolean, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_seq bigint := (SELECT seq + 1 FROM tokens_wallet WHERE account_id = p_wallet);
    v_own bigint := lots_use(p_entry, p_wallet, v_seq, p_amount, p_purchase);
    v_expired bigint := least(p_amount - v_own, purchase_expired(p_purchase) + reversal_posted(p_purchase, 'expired'));
    v_others bigint := lots_use(p_entry, p_wallet, v_seq, p_amount - v_own - v_expired);
    v_missing bigint := p_amount - v_own - v_expired - v_others;
BEGIN
    PERFORM ledger_enter(
        p_entry, p_type, p_reference, p_wallet, -(v_own + v_others),
        ARRAY['refunded', 'expired', CASE WHEN p_forgive THEN 'forgiven' ELSE 'debt' END],
        ARRAY[p_amount, -v_expired, -v_missing], p_purchase, p_package_code, 0, p_at);
END $$;

-- Gives tokens back, the last taken first: what was forgiven or is still owed for this purchase, what came from other
-- lots, what had expired, what came from its own lots. For what was owed and has been paid since, a new lot opens.
CREATE FUNCTION reversal_give_back(
    p_entry uuid, p_type text, p_reference text, p_wallet uuid, p_purchase uuid, p_package_code text,
    p_amount bigint, p_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    w tokens_wallet;
    v_reopened bigint;
    v_forgiven bigint;
    v_owed bigint;
    v_debt bigint;
    v_paid bigint;
    v_others bigint;
    v_expired bigint;
    v_own bigint;
    v_left bigint := p_amount;
BEGIN
    SELECT * INTO w FROM tokens_wallet WHERE account_id = p_wallet;
    SELECT coalesce(sum(l.amount), 0) INTO v_reopened
    FROM tokens_entry e JOIN tokens_lot l ON l.entry_id = e.id
    WHERE e.purchase_id = p_purchase AND e.type IN ('refund', 'dispute', 'dispute_won');
    v_forgiven := least(v_left, -reversal_posted(p_purchase, 'forgiven'));
    v_left := v_left - v_forgiven;
    v_owed := -reversal_posted(p_purchase, 'debt') - v_reopened;
    v_debt := least(v_left, v_owed, w.debt);
    v_left := v_left - v_debt;
    v_paid := least(v_left, v_owed - v_debt);
    v_left := v_left - v_paid;
    IF v_paid > 0 THEN
        INSERT INTO tokens_lot (id, account_id, entry_id, kind, amount, remaining, held, cost_cents, seq, last_seq, opened_at)
        VALUES (ledger_new_id(), p_wallet, p_entry, 'purchased', v_paid, v_paid, 0, 0, w.seq + 1, w.seq + 1, p_at);
    END IF;
    v_others := lots_restore(p_entry, p_purchase, w.seq + 1, v_left, false);
    v_left := v_left - v_others;
    v_expired := least(v_left, -reversal_posted(p_purchase, 'expired'));
    v_own := lots_restore(p_entry, p_purchase, w.seq + 1, v_left - v_expired, true);
    PERFORM ledger_enter(
        p_entry, p_type, p_reference, p_wallet, v_paid + v_others + v_own,
        ARRAY['refunded', 'forgiven', 'debt', 'expired'], ARRAY[-p_amount, v_forgiven, v_debt, v_expired],
        p_purchase, p_package_code, 0, p_at);
END $$;

-- Posts what leads from what is reversed of a purchase to the target. The entry's reference is its cause with the
-- wallet's seq, since one cause may move a target more than once.
CREATE FUNCTION reversal_reach(
    p_entry uuid, p_type text, p_reference text, p_purchase uuid, p_target bigint, p_forgive boolean, p_at timestamptz,
    OUT reversed bigint, OUT was_reversed bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_wallet uuid;
    v_credited bigint;
    v_package text;
    v_reference text;
BEGIN
    SELECT p.account_id, p.amount, e.package_code INTO v_wallet, v_credited, v_package
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id AND p.line = 1
    WHERE e.purchase_id = p_purchase AND e.type = 'purchase';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'purchase % was never credited', p_purchase
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'purchase_not_credited';
    END IF;
    IF p_target NOT BETWEEN 0 AND v_credited THEN
        RAISE EXCEPTION 'purchase % brought % tokens: not to be reversed to %', p_purchase, v_credited, p_target
            USING ERRCODE = 'check_violation', CONSTRAINT = 'reversal_within_purchase';
    END IF;
    PERFORM FROM tokens_wallet WHERE account_id = v_wallet FOR UPDATE;
    reversed := p_target;
    was_reversed := reversal_posted(p_purchase, 'refunded');
    IF was_reversed = p_target THEN
        RETURN;
    END IF;
    PERFORM wallet_tidy(v_wallet, p_at);
    v_reference := format('%s:%s', p_reference, (SELECT seq + 1 FROM tokens_wallet WHERE account_id = v_wallet));
    IF was_reversed < p_target THEN
        PERFORM reversal_take(p_entry, p_type, v_reference, v_wallet, p_purchase, v_package, p_target - was_reversed, p_forgive, p_at);
    ELSE
        PERFORM reversal_give_back(p_entry, p_type, v_reference, v_wallet, p_purchase, v_package, was_reversed - p_target, p_at);
    END IF;
    PERFORM wallet_tidy(v_wallet, p_at);
END $$;
