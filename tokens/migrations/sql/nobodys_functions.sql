-- The bank's functions are nobody's who was not given them (deploy/database_roles.sql).
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT p.oid FROM pg_proc p
             WHERE p.pronamespace = 'public'::regnamespace
               AND p.proname ~ '^(ledger|lots?|hold|wallet|reversal|purchase)_'
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
