-- The guards of guards_by_statement.sql and lot_guards.sql that look at other rows, each refusing what it refused. They look
-- them up by scalar queries on a whole key, which only an index answers well. A join is planned once per connection, and where
-- the planner does not know yet how many rows there are, it read the whole ledger for each entry.

-- One INSERT statement must carry all the lines 1..line_count of an entry, on accounts that there are; they must sum to
-- zero, one of them at most is a wallet's, and what it gets must be what the entry's lots say: an entry is balanced when it
-- appears, and closed for ever. Entries and accounts are never removed, so that this look at them is all that a foreign key
-- would do, once for all lines and without a lock on the house's accounts, which every entry names. ONLY, as a foreign key
-- looks: a row of a table that inherits from one of these is under no guard.
CREATE OR REPLACE FUNCTION ledger_check_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v record;
BEGIN
    SELECT p.* INTO v
    FROM (SELECT entry_id, sum(amount) AS total, count(*) AS lines, max(line) AS last_line,
                 count((SELECT id FROM ONLY tokens_account WHERE id = account_id)) AS accounts,
                 count(seq) AS wallet_lines, sum(amount) FILTER (WHERE seq IS NOT NULL) AS given,
                 (SELECT e.line_count FROM ONLY tokens_entry e WHERE e.id = entry_id) AS line_count
          FROM inserted GROUP BY entry_id) p
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
CREATE OR REPLACE FUNCTION ledger_check_lots() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i
               WHERE (SELECT line FROM tokens_posting WHERE entry_id = i.entry_id AND line = 1) IS NOT NULL) THEN
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
CREATE OR REPLACE FUNCTION ledger_check_lots_are_in_time() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM inserted i
               WHERE (SELECT line FROM tokens_posting WHERE entry_id = i.entry_id AND line = 1) IS NOT NULL) THEN
        RAISE EXCEPTION 'an entry with lines is closed, its lots too'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lots_closed_with_entry';
    END IF;
    RETURN NULL;
END $$;
