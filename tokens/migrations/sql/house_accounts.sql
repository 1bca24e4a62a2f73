-- The house's accounts. Their ids are the same in every installation (tokens/kinds.py).
INSERT INTO tokens_account (id, kind, owner_id) VALUES
    ('00000000-0000-8000-8000-000000000001', 'issuance', NULL),
    ('00000000-0000-8000-8000-000000000002', 'promotions', NULL),
    ('00000000-0000-8000-8000-000000000003', 'redeemed', NULL),
    ('00000000-0000-8000-8000-000000000004', 'expired', NULL),
    ('00000000-0000-8000-8000-000000000005', 'refunded', NULL),
    ('00000000-0000-8000-8000-000000000006', 'debt', NULL)
ON CONFLICT (id) DO NOTHING;
