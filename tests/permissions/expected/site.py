"""The pages that customers see."""

from tests.permissions.table import (
    NOT_ALLOWED,
    Row,
    Table,
    everybody,
    only_its_owner,
    signed_in,
)

# It answers the page's script, which a 302 would not lead anywhere: the address is in a header.
ASKED_TO_SIGN_IN = 200
ENDS_THE_ASKING = 286

SITE: Table = {
    "": Row(get=everybody(200), post=NOT_ALLOWED),
    "robots.txt": Row(get=everybody(200), post=NOT_ALLOWED),
    "favicon.ico": Row(get=everybody("→ /static/favicon.svg"), post=everybody("→ /static/favicon.svg")),
    # A form without a key is refused with 400, once it is known who sends it.
    "buy-tokens": Row(get=everybody(200), post=signed_in(400)),
    "wallet": Row(get=signed_in(200), post=NOT_ALLOWED),
    "wallet/statement": Row(get=signed_in(200), post=NOT_ALLOWED),
    "wallet/statement.csv": Row(get=signed_in(200), post=NOT_ALLOWED),
    "purchases/<uuid:purchase_id>": Row(at="purchases/{purchase}", get=only_its_owner(200), post=NOT_ALLOWED),
    "checkout/success": Row(
        at="checkout/success?session_id={session}", get=only_its_owner(200), post=NOT_ALLOWED
    ),
    "checkout/progress": Row(
        at="checkout/progress?session_id={session}",
        get=only_its_owner(ENDS_THE_ASKING, nobody=ASKED_TO_SIGN_IN),
        post=NOT_ALLOWED,
    ),
    # The purchase is settled: there is nothing left to cancel, and its page says so.
    "checkout/cancel": Row(
        at="checkout/cancel?purchase={purchase}",
        get=only_its_owner("→ /purchases/{purchase}"),
        post=only_its_owner("→ /purchases/{purchase}"),
    ),
}
