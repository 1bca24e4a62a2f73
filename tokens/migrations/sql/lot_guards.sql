-- What nobody may do to lots and holds, the tables' owner included.

CREATE TRIGGER lot_not_deleted BEFORE DELETE ON tokens_lot FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER lot_not_truncated BEFORE TRUNCATE ON tokens_lot FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER lot_use_immutable BEFORE UPDATE OR DELETE ON tokens_lotuse
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER lot_use_not_truncated BEFORE TRUNCATE ON tokens_lotuse
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER hold_not_deleted BEFORE DELETE ON tokens_hold FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER hold_not_truncated BEFORE TRUNCATE ON tokens_hold
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER hold_lot_immutable BEFORE UPDATE OR DELETE ON tokens_holdlot
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER hold_lot_not_truncated BEFORE TRUNCATE ON tokens_holdlot
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- One INSERT statement must carry all the lines 1..line_count of an entry; they must sum to zero, and what the wallet
-- gets must be what the entry's lots say: an entry is balanced when it appears, and closed for ever. The trigger looks
-- at its own rows only.
CREATE OR REPLACE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry uuid;
BEGIN
    SELECT p.entry_id INTO v_entry
    FROM (SELECT entry_id, sum(amount) AS total, count(*) AS lines, max(line) AS last_line
          FROM inserted GROUP BY entry_id) p
    JOIN tokens_entry e ON e.id = p.entry_id
    WHERE p.total <> 0 OR p.lines <> e.line_count OR p.last_line <> e.line_count
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry %: its postings are not one balanced, closed set', v_entry
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_set_balanced_and_closed';
    END IF;
    SELECT p.entry_id INTO v_entry FROM inserted p
    WHERE p.seq IS NOT NULL
      AND p.amount <> coalesce((SELECT sum(amount) FROM tokens_lot WHERE entry_id = p.entry_id), 0)
                    + coalesce((SELECT sum(amount) FROM tokens_lotuse WHERE entry_id = p.entry_id), 0)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry %: its lots are not what its wallet gets', v_entry
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_agrees_with_lots';
    END IF;
    RETURN NULL;
END $$;

-- Lots and their uses belong to an entry that has no lines yet.
CREATE FUNCTION ledger_check_lots_are_in_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i JOIN tokens_posting p ON p.entry_id = i.entry_id) THEN
        RAISE EXCEPTION 'an entry with lines is closed, its lots too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lots_closed_with_entry';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER lot_in_time AFTER INSERT ON tokens_lot
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lots_are_in_time();
CREATE TRIGGER lot_use_in_time AFTER INSERT ON tokens_lotuse
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lots_are_in_time();

CREATE FUNCTION ledger_check_lot_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.remaining, NEW.held, NEW.last_seq) <> (NEW.amount, 0, NEW.seq) THEN
        RAISE EXCEPTION 'lot %: a lot opens full and free', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_opens_full';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lot_opening_checked BEFORE INSERT ON tokens_lot FOR EACH ROW EXECUTE FUNCTION ledger_check_lot_opening();

-- A lot's tokens move only by a use that says so, one step at a time.
CREATE FUNCTION ledger_check_lot_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.account_id, NEW.entry_id, NEW.kind, NEW.amount, NEW.cost_cents, NEW.expires_at, NEW.seq, NEW.opened_at)
       IS DISTINCT FROM
       (OLD.id, OLD.account_id, OLD.entry_id, OLD.kind, OLD.amount, OLD.cost_cents, OLD.expires_at, OLD.seq, OLD.opened_at)
       OR (NEW.remaining = OLD.remaining AND NEW.last_seq <> OLD.last_seq)
       OR (NEW.remaining <> OLD.remaining AND NOT (NEW.last_seq > OLD.last_seq AND EXISTS (
           SELECT FROM tokens_lotuse u
           WHERE u.lot_id = NEW.id AND u.seq = NEW.last_seq AND u.amount = NEW.remaining - OLD.remaining
             AND u.remaining_after = NEW.remaining))) THEN
        RAISE EXCEPTION 'lot %: its tokens move by an entry, one at a time', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_moves_by_entries';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER lot_step_checked BEFORE UPDATE ON tokens_lot FOR EACH ROW EXECUTE FUNCTION ledger_check_lot_step();

-- A hold resolves once, and nothing else of it changes.
CREATE FUNCTION ledger_check_hold_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.status <> 'placed' OR NEW.status = 'placed'
       OR (NEW.id, NEW.account_id, NEW.service, NEW.reference, NEW.amount, NEW.placed_at, NEW.expires_at)
          IS DISTINCT FROM
          (OLD.id, OLD.account_id, OLD.service, OLD.reference, OLD.amount, OLD.placed_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'hold %: it resolves once, and nothing else of it changes', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'hold_resolves_once';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER hold_step_checked BEFORE UPDATE ON tokens_hold FOR EACH ROW EXECUTE FUNCTION ledger_check_hold_step();

-- By COMMIT a wallet holds what its placed holds say, however the two came to be.
CREATE FUNCTION ledger_check_held() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM tokens_wallet w WHERE w.account_id = NEW.account_id AND w.held <> (
               SELECT coalesce(sum(h.amount), 0) FROM tokens_hold h WHERE h.account_id = w.account_id AND h.status = 'placed')) THEN
        RAISE EXCEPTION 'wallet %: what it holds is not what its holds say', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_held_by_holds';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER wallet_held_by_holds AFTER UPDATE ON tokens_wallet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.held <> NEW.held) EXECUTE FUNCTION ledger_check_held();
CREATE CONSTRAINT TRIGGER hold_held_by_wallet AFTER INSERT OR UPDATE ON tokens_hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_held();

-- A balance moves one entry at a time; what is owed moves with an entry, too.
CREATE OR REPLACE FUNCTION ledger_check_wallet_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.account_id, NEW.document_id) IS DISTINCT FROM (OLD.account_id, OLD.document_id)
       OR NEW.version <= OLD.version
       OR NOT (NEW.seq = OLD.seq + 1
               OR (NEW.seq = OLD.seq AND NEW.balance = OLD.balance AND NEW.chain_hash = OLD.chain_hash
                   AND (NEW.total_purchased, NEW.total_earned, NEW.total_spent, NEW.debt)
                       = (OLD.total_purchased, OLD.total_earned, OLD.total_spent, OLD.debt))) THEN
        RAISE EXCEPTION 'wallet %: a balance moves by an entry, one at a time', OLD.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_moves_by_entries';
    END IF;
    RETURN NEW;
END $$;
