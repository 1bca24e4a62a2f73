"""The API, and what Stripe calls."""

from dataclasses import replace

from tests.permissions.table import NOT_ALLOWED, Row, Table, everybody, only_its_owner, signed_in

FOR_SERVICES = Row(get=signed_in(403, nobody=401), post=signed_in(403, nobody=401))
NO_HOLD = "00000000-0000-4000-8000-000000000000"

API: Table = {
    "api/schema/": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/docs/": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/tokens/packages": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/tokens/balance": Row(get=signed_in(200, nobody=401), post=signed_in(405, nobody=401)),
    "api/tokens/transactions": Row(get=signed_in(200, nobody=401), post=signed_in(405, nobody=401)),
    # Staff and other customers see their own; who has no wallet has none to state.
    "api/tokens/statement": Row(get=signed_in(200, nobody=401), post=signed_in(405, nobody=401)),
    # A form is no JSON: 415, once it is known who sends it.
    "api/tokens/purchases": Row(get=signed_in(200, nobody=401), post=signed_in(415, nobody=401)),
    "api/tokens/purchases/<uuid:purchase_id>": Row(
        at="api/tokens/purchases/{purchase}",
        get=only_its_owner(200, nobody=401),
        post=signed_in(405, nobody=401),
    ),
    # Services only, by their keys.
    "api/tokens/spend": FOR_SERVICES,
    "api/tokens/grants": FOR_SERVICES,
    "api/tokens/holds": FOR_SERVICES,
    "api/tokens/holds/<uuid:hold_id>/capture": replace(
        FOR_SERVICES, at=f"api/tokens/holds/{NO_HOLD}/capture"
    ),
    "api/tokens/holds/<uuid:hold_id>/release": replace(
        FOR_SERVICES, at=f"api/tokens/holds/{NO_HOLD}/release"
    ),
    # No session helps here: only a signature does.
    "api/stripe/webhook": Row(get=NOT_ALLOWED, post=everybody(400)),
}
