-- What was proposed stays as it was proposed, and what was decided stays decided, whoever writes the row.
CREATE FUNCTION backoffice_proposal_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION '%: proposals are kept', TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'proposal_is_kept';
    END IF;
    IF (NEW.id, NEW.kind, NEW.subject_id, NEW.account_id, NEW.wallet_seq, NEW.request, NEW.amount, NEW.currency,
        NEW.reason, NEW.maker_id, NEW.proposed_at, NEW.expires_at)
       IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.subject_id, OLD.account_id, OLD.wallet_seq, OLD.request, OLD.amount, OLD.currency,
        OLD.reason, OLD.maker_id, OLD.proposed_at, OLD.expires_at)
       OR (OLD.status <> 'proposed'
           AND (NEW.status, NEW.checker_id, NEW.answer, NEW.decided_at)
               IS DISTINCT FROM (OLD.status, OLD.checker_id, OLD.answer, OLD.decided_at))
       OR (OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at) THEN
        RAISE EXCEPTION 'proposal %: only its decision is written, once', OLD.id
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'proposal_is_frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER proposal_guarded BEFORE UPDATE OR DELETE ON backoffice_proposal
    FOR EACH ROW EXECUTE FUNCTION backoffice_proposal_guard();
CREATE TRIGGER proposal_not_truncated BEFORE TRUNCATE ON backoffice_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_proposal_guard();

-- A row of a proposal's grants is only ever marked as granted.
CREATE FUNCTION backoffice_grant_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'UPDATE'
       OR (NEW.id, NEW.proposal_id, NEW.number, NEW.account_id, NEW.tokens)
          IS DISTINCT FROM (OLD.id, OLD.proposal_id, OLD.number, OLD.account_id, OLD.tokens)
       OR OLD.granted_at IS NOT NULL THEN
        RAISE EXCEPTION '% of a proposed grant: it is granted once, as it was proposed', TG_OP
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grant_is_frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER grant_guarded BEFORE UPDATE OR DELETE ON backoffice_proposedgrant
    FOR EACH ROW EXECUTE FUNCTION backoffice_grant_guard();
CREATE TRIGGER grant_not_truncated BEFORE TRUNCATE ON backoffice_proposedgrant
    FOR EACH STATEMENT EXECUTE FUNCTION backoffice_grant_guard();
