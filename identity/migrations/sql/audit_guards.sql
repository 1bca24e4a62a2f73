-- The audit trail is only ever added to, by the tables' owner and superusers too.

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% on %: the audit trail is only ever added to', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_append_only';
END $$;

CREATE TRIGGER audit_not_changed BEFORE UPDATE OR DELETE ON identity_auditrecord
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_not_truncated BEFORE TRUNCATE ON identity_auditrecord
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
