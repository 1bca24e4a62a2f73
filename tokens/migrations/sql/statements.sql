-- The seq of the last entry of a wallet until a moment, 0 before its first. A wallet's seq has no gaps and its times rise,
-- so that some twenty looks find it in a history of any length.
CREATE FUNCTION wallet_seq_at(p_wallet uuid, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_low bigint := 0;
    v_high bigint := (SELECT seq FROM tokens_wallet WHERE account_id = p_wallet);
    v_middle bigint;
BEGIN
    WHILE v_low < v_high LOOP
        v_middle := (v_low + v_high + 1) / 2;
        IF (SELECT e.created_at FROM tokens_posting p JOIN tokens_entry e ON e.id = p.entry_id
            WHERE p.account_id = p_wallet AND p.seq = v_middle) <= p_at THEN
            v_low := v_middle;
        ELSE
            v_high := v_middle - 1;
        END IF;
    END LOOP;
    RETURN v_low;
END $$;

REVOKE ALL ON FUNCTION wallet_seq_at(uuid, timestamptz) FROM PUBLIC;
