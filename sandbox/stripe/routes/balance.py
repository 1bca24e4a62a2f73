"""`/v1/balance_transactions`: what moved the account's balance, read only."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.listing import Query
from sandbox.stripe.messages import Route
from sandbox.stripe.routes.lookup import in_path

KIND = "balance_transaction"


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return a balance transaction."""
    return in_path(sandbox, call, KIND)


def list_all(sandbox: Sandbox, call: Call) -> StripeObject:
    """List balance transactions, by what they are about, type or currency if asked."""
    query = Query(sandbox.store, call.params, kind=KIND)
    query.filter_created()
    source = call.params.text("source")
    if source is not None:
        query.where("parent = ?", source)
    for name in ("currency", "type"):
        value = call.params.text(name)
        if value is not None:
            query.where(f"json_extract(body, '$.{name}') = ?", value)
    return query.page("/v1/balance_transactions")


ROUTES: list[ApiRoute] = [
    Route("GET", "/v1/balance_transactions", list_all),
    Route("GET", "/v1/balance_transactions/{id}", retrieve),
]
