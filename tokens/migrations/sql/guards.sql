-- What nobody may do to the ledger, the tables' owner included. The product has no switch that turns these off.

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on %: the ledger is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_is_immutable';
END $$;

CREATE TRIGGER entry_immutable BEFORE UPDATE OR DELETE ON tokens_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER posting_immutable BEFORE UPDATE OR DELETE ON tokens_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER entry_not_truncated BEFORE TRUNCATE ON tokens_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER posting_not_truncated BEFORE TRUNCATE ON tokens_posting
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_immutable BEFORE UPDATE OR DELETE ON tokens_account
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER account_not_truncated BEFORE TRUNCATE ON tokens_account
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER wallet_not_deleted BEFORE DELETE ON tokens_wallet
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER wallet_not_truncated BEFORE TRUNCATE ON tokens_wallet
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- One INSERT statement must carry all the lines 1..line_count of an entry, and they must sum to zero: an entry is
-- balanced when it appears, and closed for ever. The trigger looks at its own rows only.
CREATE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
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
    RETURN NULL;
END $$;

CREATE TRIGGER posting_set_checked AFTER INSERT ON tokens_posting
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_postings();

-- An entry without postings moves nothing and proves nothing: refused at COMMIT.
CREATE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM tokens_posting WHERE entry_id = NEW.id AND line = 1) THEN
        RAISE EXCEPTION 'entry % has no postings', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_has_postings';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_has_postings AFTER INSERT ON tokens_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_entry();

-- A wallet's balance moves one entry at a time, and each step has its posting by COMMIT.
CREATE FUNCTION ledger_check_wallet_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.account_id, NEW.document_id) IS DISTINCT FROM (OLD.account_id, OLD.document_id)
       OR NEW.version <= OLD.version
       OR NOT (NEW.seq = OLD.seq + 1
               OR (NEW.seq = OLD.seq AND NEW.balance = OLD.balance AND NEW.chain_hash = OLD.chain_hash
                   AND (NEW.total_purchased, NEW.total_earned, NEW.total_spent)
                       = (OLD.total_purchased, OLD.total_earned, OLD.total_spent))) THEN
        RAISE EXCEPTION 'wallet %: a balance moves by an entry, one at a time', OLD.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_moves_by_entries';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER wallet_step_checked BEFORE UPDATE ON tokens_wallet
    FOR EACH ROW EXECUTE FUNCTION ledger_check_wallet_step();

CREATE FUNCTION ledger_check_wallet_posting() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.seq > 0 AND NOT EXISTS (
        SELECT 1 FROM tokens_posting
        WHERE account_id = NEW.account_id AND seq = NEW.seq
          AND balance_after = NEW.balance AND chain_hash = NEW.chain_hash) THEN
        RAISE EXCEPTION 'wallet %: no posting leads to its balance', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_balance_has_posting';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER wallet_balance_has_posting AFTER INSERT OR UPDATE ON tokens_wallet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_wallet_posting();

-- A wallet starts empty, so that a raw INSERT cannot invent a balance either.
CREATE FUNCTION ledger_check_wallet_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.balance, NEW.held, NEW.debt, NEW.seq, NEW.total_purchased, NEW.total_earned, NEW.total_spent)
       <> (0, 0, 0, 0, 0, 0, 0) THEN
        RAISE EXCEPTION 'wallet %: a wallet opens empty', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_opens_empty';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER wallet_opening_checked BEFORE INSERT ON tokens_wallet
    FOR EACH ROW EXECUTE FUNCTION ledger_check_wallet_opening();
