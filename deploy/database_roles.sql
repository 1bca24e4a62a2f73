-- What the application's role may do: everything on the product's own tables, but on the ledger's only SELECT and
-- EXECUTE of the functions that write it, and on the audit trail only SELECT and INSERT. `manage.py grant_database_rights`
-- runs it after every migrate, or by hand:
--
--   psql "$MIGRATION_DATABASE_URL" -v ON_ERROR_STOP=1 \
--     -c "SET token_economy.application_role = 'tokens_app'" -f deploy/database_roles.sql
DO $$
DECLARE
    app text := current_setting('token_economy.application_role');
    ledger_table text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', app);
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', app);
    FOREACH ledger_table IN ARRAY ARRAY['tokens_account', 'tokens_wallet', 'tokens_entry', 'tokens_posting',
                                     'tokens_lot', 'tokens_lotuse', 'tokens_hold', 'tokens_holdlot', 'tokens_freeze'] LOOP
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %I FROM %I', ledger_table, app);
    END LOOP;
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON identity_auditrecord FROM %I', app);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON django_migrations FROM %I', app);
    EXECUTE format(
        'GRANT EXECUTE ON FUNCTION
             wallet_open(uuid, uuid, text, timestamptz),
             ledger_post(uuid, text, text, uuid, text[], bigint[], uuid, text, timestamptz, bigint, timestamptz),
             wallet_freeze(uuid, uuid, text, text, text, text, timestamptz),
             wallet_unfreeze(uuid, text, text, text, text, timestamptz),
             ledger_grant_many(text, uuid[], text[], uuid[], bigint[], timestamptz, timestamptz),
             hold_place(uuid, text, text, uuid, bigint, timestamptz, timestamptz),
             hold_capture(uuid, bigint, text, uuid, timestamptz),
             hold_release(uuid, text, timestamptz),
             reversal_reach(uuid, text, text, uuid, bigint, boolean, timestamptz),
             entry_reverse(uuid, uuid, boolean, timestamptz),
             wallet_tidy(uuid, timestamptz),
             wallet_overdue_held(uuid, timestamptz),
             wallet_expired(uuid, timestamptz),
             wallet_seq_at(uuid, timestamptz),
             ledger_chain_hash(bytea, uuid, text, text, uuid, bigint, bigint, bigint, timestamptz),
             ledger_request_hash(text, uuid, bigint, text[], bigint[], uuid, text, bigint, timestamptz),
             mirror_mark_stale(text, text)
         TO %I', app);
END $$;
