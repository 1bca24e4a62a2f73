-- Freezes: rows by cause, and a wallet that is frozen while one of them is open. Like the ledger's, these functions
-- alone write; both lock the wallet first, so that its status and its freezes change together.

-- Freezes the wallet for one cause, once per reference: a repeat changes nothing, one that was lifted meanwhile included.
CREATE FUNCTION wallet_freeze(
    p_freeze uuid, p_wallet uuid, p_cause text, p_reference text, p_actor_kind text, p_actor text, p_at timestamptz,
    OUT freeze_id uuid, OUT applied boolean
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM tokens_wallet WHERE account_id = p_wallet FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet %', p_wallet
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'wallet_not_found';
    END IF;
    INSERT INTO tokens_freeze (id, account_id, cause, reference, frozen_at, frozen_by_kind, frozen_by,
                               lifted_by_kind, lifted_by)
    VALUES (p_freeze, p_wallet, p_cause, p_reference, p_at, p_actor_kind, p_actor, '', '')
    ON CONFLICT (account_id, cause, reference) DO NOTHING RETURNING id INTO freeze_id;
    applied := freeze_id IS NOT NULL;
    IF NOT applied THEN
        SELECT id INTO STRICT freeze_id FROM tokens_freeze
        WHERE account_id = p_wallet AND cause = p_cause AND reference = p_reference;
        RETURN;
    END IF;
    UPDATE tokens_wallet SET status = 'frozen', version = version + 1, updated_at = greatest(updated_at, p_at)
    WHERE account_id = p_wallet AND status = 'active';
    IF FOUND THEN
        PERFORM mirror_mark_stale('wallet', p_wallet::text);
    END IF;
END $$;

-- Lifts one cause's freeze; the wallet is active again when no other is open. Nothing to lift: `freeze_id` is null.
CREATE FUNCTION wallet_unfreeze(
    p_wallet uuid, p_cause text, p_reference text, p_actor_kind text, p_actor text, p_at timestamptz,
    OUT freeze_id uuid
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM tokens_wallet WHERE account_id = p_wallet FOR NO KEY UPDATE;
    UPDATE tokens_freeze SET lifted_at = p_at, lifted_by_kind = p_actor_kind, lifted_by = p_actor
    WHERE account_id = p_wallet AND cause = p_cause AND reference = p_reference AND lifted_at IS NULL
    RETURNING id INTO freeze_id;
    IF freeze_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE tokens_wallet w SET status = 'active', version = version + 1, updated_at = greatest(updated_at, p_at)
    WHERE w.account_id = p_wallet AND w.status = 'frozen'
      AND NOT EXISTS (SELECT 1 FROM tokens_freeze f WHERE f.account_id = p_wallet AND f.lifted_at IS NULL);
    IF FOUND THEN
        PERFORM mirror_mark_stale('wallet', p_wallet::text);
    END IF;
END $$;

REVOKE ALL ON FUNCTION
    wallet_freeze(uuid, uuid, text, text, text, text, timestamptz),
    wallet_unfreeze(uuid, text, text, text, text, timestamptz)
FROM PUBLIC;

-- A freeze is lifted once, and otherwise never changed.
CREATE FUNCTION ledger_check_freeze_step() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
       OR (NEW.id, NEW.account_id, NEW.cause, NEW.reference, NEW.frozen_at, NEW.frozen_by_kind, NEW.frozen_by)
          IS DISTINCT FROM
          (OLD.id, OLD.account_id, OLD.cause, OLD.reference, OLD.frozen_at, OLD.frozen_by_kind, OLD.frozen_by) THEN
        RAISE EXCEPTION 'freeze %: it is lifted once, and otherwise stays', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'freeze_only_lifted';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER freeze_step_checked BEFORE UPDATE ON tokens_freeze
    FOR EACH ROW EXECUTE FUNCTION ledger_check_freeze_step();
CREATE TRIGGER freeze_not_deleted BEFORE DELETE ON tokens_freeze
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER freeze_not_truncated BEFORE TRUNCATE ON tokens_freeze
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();

-- At COMMIT a wallet is frozen exactly if one of its freezes is open. Entries do not set the status, and cost nothing here.
CREATE FUNCTION ledger_check_wallet_frozen() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM tokens_wallet w
        WHERE w.account_id = NEW.account_id AND w.status <> 'closed'
          AND (w.status = 'frozen') <> EXISTS (
              SELECT 1 FROM tokens_freeze f WHERE f.account_id = w.account_id AND f.lifted_at IS NULL)) THEN
        RAISE EXCEPTION 'wallet %: it is frozen while a freeze is open, and only then', NEW.account_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wallet_frozen_by_freezes';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER wallet_frozen_by_freezes AFTER UPDATE OF status ON tokens_wallet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_wallet_frozen();
CREATE CONSTRAINT TRIGGER freeze_freezes_its_wallet AFTER INSERT OR UPDATE ON tokens_freeze
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_wallet_frozen();
