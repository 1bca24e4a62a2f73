"""The API, and what Stripe calls."""

from tests.permissions.table import NOT_ALLOWED, Row, Table, everybody, only_its_owner, signed_in

API: Table = {
    "api/schema/": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/docs/": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/tokens/packages": Row(get=everybody(200), post=NOT_ALLOWED),
    "api/tokens/balance": Row(get=signed_in(200, nobody=401), post=signed_in(405, nobody=401)),
    "api/tokens/transactions": Row(get=signed_in(200, nobody=401), post=signed_in(405, nobody=401)),
    # A form is no JSON: 415, once it is known who sends it.
    "api/tokens/purchases": Row(get=signed_in(200, nobody=401), post=signed_in(415, nobody=401)),
    "api/tokens/purchases/<uuid:purchase_id>": Row(
        at="api/tokens/purchases/{purchase}",
        get=only_its_owner(200, nobody=401),
        post=signed_in(405, nobody=401),
    ),
    # No session helps here: only a signature does.
    "api/stripe/webhook": Row(get=NOT_ALLOWED, post=everybody(400)),
}
