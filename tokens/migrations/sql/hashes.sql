-- The hashes of functions.sql and entries.sql and the ids of lots.sql, said so that PostgreSQL puts them into the statements that
-- use them: an entry then pays for no call. Their names are bound now, so that no search_path leads them elsewhere.

CREATE OR REPLACE FUNCTION ledger_chain_hash(
    p_previous bytea, p_entry uuid, p_type text, p_reference text, p_wallet uuid,
    p_amount bigint, p_seq bigint, p_balance_after bigint, p_at timestamptz
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(p_previous || convert_to(
    concat_ws('|', p_entry, p_type, p_reference, p_wallet, p_amount, p_seq, p_balance_after,
              to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8'));

CREATE OR REPLACE FUNCTION ledger_request_hash(
    p_type text, p_wallet uuid, p_amount bigint, p_counter_kinds text[], p_counter_amounts bigint[],
    p_purchase uuid, p_package_code text, p_cost_cents bigint, p_expires_at timestamptz
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(
    concat_ws('|', p_type, p_wallet, p_amount, array_to_string(p_counter_kinds, ','),
              array_to_string(p_counter_amounts, ','), coalesce(p_purchase::text, '-'), p_package_code,
              nullif(p_cost_cents, 0), to_char(p_expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8'));

CREATE OR REPLACE FUNCTION ledger_new_id() RETURNS uuid LANGUAGE sql VOLATILE
RETURN encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid())
    PLACING substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid;

-- The house's account of a kind (house_accounts.sql, tokens/kinds.py): what an entry's line would else look up.
CREATE FUNCTION ledger_house_account(p_kind text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE p_kind
    WHEN 'issuance' THEN '00000000-0000-8000-8000-000000000001'::uuid
    WHEN 'promotions' THEN '00000000-0000-8000-8000-000000000002'::uuid
    WHEN 'redeemed' THEN '00000000-0000-8000-8000-000000000003'::uuid
    WHEN 'expired' THEN '00000000-0000-8000-8000-000000000004'::uuid
    WHEN 'refunded' THEN '00000000-0000-8000-8000-000000000005'::uuid
    WHEN 'debt' THEN '00000000-0000-8000-8000-000000000006'::uuid
    WHEN 'forgiven' THEN '00000000-0000-8000-8000-000000000007'::uuid
END;
