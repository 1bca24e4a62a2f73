-- Says that Firestore shows an old state of subjects of one kind, each named once. Called inside the transaction that changes
-- the subjects, so that the change and the intent to mirror it commit together.
--
-- One row per subject: a further intent raises its generation. A parked or backed-off row becomes due again with its
-- attempts forgotten, since the subject has changed. A lease stays: the worker that holds it finds the generation raised
-- when it finishes and gives the row back as due. `stale_since` stays at the oldest undelivered intent. `due_at` lies a
-- little in the past, so that a woken worker whose clock is behind this server's finds the row.
--
-- PL/pgSQL plans the statement once per connection; LANGUAGE sql would plan it at each call, which every entry pays for.
--
-- Runs with its caller's rights (the ledger's functions call it as their owner), on names that a caller cannot redirect.
CREATE FUNCTION mirror_mark_all_stale(p_kind text, p_subject_ids text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO mirror_outboxrow AS existing
        (kind, subject_id, generation, stale_since, due_at, attempts, last_error)
    SELECT p_kind, id, 1, clock_timestamp(), clock_timestamp() - interval '5 seconds', 0, '' FROM unnest(p_subject_ids) id
    ON CONFLICT (kind, subject_id) DO UPDATE SET
        generation = existing.generation + 1,
        due_at = least(existing.due_at, excluded.due_at),
        attempts = 0,
        parked_at = NULL;
END $$;

-- The same of one subject.
CREATE OR REPLACE FUNCTION mirror_mark_stale(p_kind text, p_subject_id text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM mirror_mark_all_stale(p_kind, ARRAY[p_subject_id]);
END $$;
