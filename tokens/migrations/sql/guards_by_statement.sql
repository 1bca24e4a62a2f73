-- The guards of guards.sql and lot_guards.sql, each refusing what it refused. What can be judged from a row alone is judged
-- by its trigger's condition, without a call; what looks at other rows looks once per statement where it can.

-- A balance moves one entry at a time; what is owed moves with an entry, too.
CREATE OR REPLACE FUNCTION ledger_check_wallet_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'wallet %: a balance moves by an entry, one at a time', OLD.account_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_moves_by_entries';
END $$;

DROP TRIGGER wallet_step_checked ON tokens_wallet;
CREATE TRIGGER wallet_step_checked BEFORE UPDATE ON tokens_wallet FOR EACH ROW
    WHEN (NEW.account_id <> OLD.account_id OR NEW.document_id <> OLD.document_id OR NEW.version <= OLD.version
          OR (NEW.seq <> OLD.seq + 1
              AND (NEW.seq <> OLD.seq OR NEW.balance <> OLD.balance OR NEW.chain_hash <> OLD.chain_hash
                   OR NEW.total_purchased <> OLD.total_purchased OR NEW.total_earned <> OLD.total_earned
                   OR NEW.total_spent <> OLD.total_spent OR NEW.debt <> OLD.debt)))
    EXECUTE FUNCTION ledger_check_wallet_step();

-- A wallet opens empty, and a balance that stays has its posting: only one that moves needs a look. It says so itself and not
-- by the seq, since rebuild_balances moves balances with the guard of their steps off.
DROP TRIGGER wallet_balance_has_posting ON tokens_wallet;
CREATE CONSTRAINT TRIGGER wallet_balance_has_posting AFTER UPDATE ON tokens_wallet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.seq <> OLD.seq OR NEW.balance <> OLD.balance OR NEW.chain_hash <> OLD.chain_hash)
    EXECUTE FUNCTION ledger_check_wallet_posting();

CREATE OR REPLACE FUNCTION ledger_check_lot_opening() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'lot %: a lot opens full and free', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_opens_full';
END $$;

DROP TRIGGER lot_opening_checked ON tokens_lot;
CREATE TRIGGER lot_opening_checked BEFORE INSERT ON tokens_lot FOR EACH ROW
    WHEN (NEW.remaining <> NEW.amount OR NEW.held <> 0 OR NEW.last_seq <> NEW.seq)
    EXECUTE FUNCTION ledger_check_lot_opening();

-- One INSERT statement must carry all the lines 1..line_count of an entry, on accounts that there are; they must sum to
-- zero, one of them at most is a wallet's, and what it gets must be what the entry's lots say: an entry is balanced when it
-- appears, and closed for ever. Entries and accounts are never removed, so that this look at them is all that a foreign key
-- would do, once for all lines and without a lock on the house's accounts, which every entry names. The account is looked up
-- by a scalar query: a join is planned once per connection, and a scan of all accounts seems cheap while they are few. ONLY, as
-- a foreign key looks: a row of a table that inherits from one of these is under no guard.
CREATE OR REPLACE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v record;
BEGIN
    SELECT p.*, e.line_count INTO v
    FROM (SELECT entry_id, sum(amount) AS total, count(*) AS lines, max(line) AS last_line,
                 count((SELECT id FROM ONLY tokens_account WHERE id = account_id)) AS accounts,
                 count(seq) AS wallet_lines, sum(amount) FILTER (WHERE seq IS NOT NULL) AS given
          FROM inserted GROUP BY entry_id) p
    LEFT JOIN ONLY tokens_entry e ON e.id = p.entry_id
    WHERE e.id IS NULL OR p.accounts <> p.lines
       OR p.total <> 0 OR p.lines <> e.line_count OR p.last_line <> e.line_count OR p.wallet_lines > 1
       OR p.given <> coalesce((SELECT sum(amount) FROM ONLY tokens_lot WHERE entry_id = p.entry_id), 0)
                   + coalesce((SELECT sum(amount) FROM ONLY tokens_lotuse WHERE entry_id = p.entry_id), 0)
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF v.line_count IS NULL OR v.accounts <> v.lines THEN
        RAISE EXCEPTION 'entry %: a line of it is on no account, or of no entry', v.entry_id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'posting_of_entry_and_account';
    ELSIF v.total <> 0 OR v.lines <> v.line_count OR v.last_line <> v.line_count OR v.wallet_lines > 1 THEN
        RAISE EXCEPTION 'entry %: its postings are not one balanced, closed set', v.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_set_balanced_and_closed';
    END IF;
    RAISE EXCEPTION 'entry %: its lots are not what its wallet gets', v.entry_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'posting_agrees_with_lots';
END $$;

-- Lots lie in an account that there is, and belong to an entry that has no lines yet. (That the entry comes to be at
-- all is the foreign key's to say, at COMMIT: a reversal opens a lot before its entry.)
CREATE FUNCTION ledger_check_lots() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i JOIN tokens_posting p ON p.entry_id = i.entry_id) THEN
        RAISE EXCEPTION 'an entry with lines is closed, its lots too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lots_closed_with_entry';
    END IF;
    IF EXISTS (SELECT FROM inserted i WHERE (SELECT id FROM ONLY tokens_account WHERE id = i.account_id) IS NULL) THEN
        RAISE EXCEPTION 'a lot lies in no account'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'lot_of_account';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER lot_in_time ON tokens_lot;
CREATE TRIGGER lot_in_time AFTER INSERT ON tokens_lot
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lots();

-- The lines that an entry and a wallet's step need by COMMIT are the ledger's own, too.
CREATE OR REPLACE FUNCTION ledger_check_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ONLY tokens_posting WHERE entry_id = NEW.id AND line = 1) THEN
        RAISE EXCEPTION 'entry % has no postings', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_has_postings';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_check_wallet_posting() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.seq > 0 AND NOT EXISTS (
        SELECT 1 FROM ONLY tokens_posting
        WHERE account_id = NEW.account_id AND seq = NEW.seq
          AND balance_after = NEW.balance AND chain_hash = NEW.chain_hash) THEN
        RAISE EXCEPTION 'wallet %: no posting leads to its balance', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_balance_has_posting';
    END IF;
    RETURN NULL;
END $$;
