-- The guards that joined a statement's rows with the ledger (guards_by_statement.sql, lot_guards.sql), each refusing what it
-- refused. They look other rows up by scalar queries that an index answers, and are planned without scans: a plan is made once
-- per connection, and where the planner did not know yet how many rows there are, it read the whole ledger for each entry.

-- One INSERT statement must carry all the lines 1..line_count of an entry, on accounts that there are; they must sum to
-- zero, one of them at most is a wallet's, and what it gets must be what the entry's lots say: an entry is balanced when it
-- appears, and closed for ever. Entries and accounts are never removed, so that this look at them is all that a foreign key
-- would do, once for all lines and without a lock on the house's accounts, which every entry names. ONLY, as a foreign key
-- looks: a row of a table that inherits from one of these is under no guard.
CREATE OR REPLACE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v record;
BEGIN
    SELECT p.* INTO v
    FROM (SELECT i.entry_id, sum(i.amount) AS total, count(*) AS lines, max(i.line) AS last_line,
                 count((SELECT a.id FROM ONLY tokens_account a WHERE a.id = i.account_id)) AS accounts,
                 count(i.seq) AS wallet_lines, sum(i.amount) FILTER (WHERE i.seq IS NOT NULL) AS given,
                 (SELECT e.line_count FROM ONLY tokens_entry e WHERE e.id = i.entry_id) AS line_count
          FROM inserted i GROUP BY i.entry_id) p
    WHERE p.line_count IS NULL OR p.accounts <> p.lines
       OR p.total <> 0 OR p.lines <> p.line_count OR p.last_line <> p.line_count OR p.wallet_lines > 1
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

-- Lots lie in an account that there is, and belong to an entry that has no lines yet: no first one, with which the others
-- would have come. (That the entry comes to be at all is the foreign key's to say, at COMMIT: a reversal opens a lot
-- before its entry.)
CREATE OR REPLACE FUNCTION ledger_check_lots() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i
               WHERE (SELECT line FROM ONLY tokens_posting WHERE entry_id = i.entry_id AND line = 1) IS NOT NULL) THEN
        RAISE EXCEPTION 'an entry with lines is closed, its lots too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lots_closed_with_entry';
    END IF;
    IF EXISTS (SELECT FROM inserted i WHERE (SELECT id FROM ONLY tokens_account WHERE id = i.account_id) IS NULL) THEN
        RAISE EXCEPTION 'a lot lies in no account'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'lot_of_account';
    END IF;
    RETURN NULL;
END $$;

-- A lot's uses belong to an entry that has no lines yet, likewise.
CREATE OR REPLACE FUNCTION ledger_check_lots_are_in_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i
               WHERE (SELECT line FROM ONLY tokens_posting WHERE entry_id = i.entry_id AND line = 1) IS NOT NULL) THEN
        RAISE EXCEPTION 'an entry with lines is closed, its lots too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lots_closed_with_entry';
    END IF;
    RETURN NULL;
END $$;

-- Those that look at other rows one by one: the same plans, however few rows there were when they were made.
ALTER FUNCTION ledger_check_entry() SET enable_seqscan = off;
ALTER FUNCTION ledger_check_wallet_posting() SET enable_seqscan = off;
ALTER FUNCTION ledger_check_lot_step() SET enable_seqscan = off;
ALTER FUNCTION ledger_check_held() SET enable_seqscan = off;
