-- What a role may do that only looks, as for reports and support: read everything but what lets one act as somebody.
-- `manage.py grant_database_rights --read-only ROLE` runs it, after every migrate, or by hand:
--
--   psql "$MIGRATION_DATABASE_URL" -v ON_ERROR_STOP=1 \
--     -c "SET token_economy.read_only_role = 'tokens_reader'" -f deploy/read_only_role.sql
DO $$
DECLARE
    reader text := current_setting('token_economy.read_only_role');
    kept_from text;
    readable text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', reader);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', reader);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA public TO %I', reader);
    -- Keys, sessions and second factors; what people typed into forms before they were known.
    FOREACH kept_from IN ARRAY ARRAY['djstripe_apikey', 'djstripe_webhookendpoint', 'django_session', 'mfa_authenticator',
                                     'account_emailconfirmation', 'socialaccount_socialtoken', 'socialaccount_socialapp',
                                     'identity_apikey', 'usersessions_usersession'] LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %I', kept_from, reader);
    END LOOP;
    -- People, without their passwords.
    SELECT string_agg(quote_ident(attname), ', ') INTO readable FROM pg_attribute
    WHERE attrelid = 'identity_user'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'password';
    EXECUTE format('REVOKE ALL ON identity_user FROM %I', reader);
    EXECUTE format('GRANT SELECT (%s) ON identity_user TO %I', readable, reader);
END $$;
