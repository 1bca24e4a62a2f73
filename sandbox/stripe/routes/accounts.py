"""`/v1/account`."""

from sandbox.stripe.api import ApiRoute, Call
from sandbox.stripe.app import Sandbox
from sandbox.stripe.errors import NoSuchObject
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.messages import Route
from sandbox.stripe.objects.account import ACCOUNT_ID, account


def own(sandbox: Sandbox, _call: Call) -> StripeObject:
    """Return the account that the key belongs to."""
    return account(merchant=sandbox.config.merchant)


def retrieve(sandbox: Sandbox, call: Call) -> StripeObject:
    """Return the account by its id; there is only one."""
    if call.path["id"] != ACCOUNT_ID:
        raise NoSuchObject("account", call.path["id"])
    return own(sandbox, call)


ROUTES: list[ApiRoute] = [
    Route("GET", "/v1/account", own),
    Route("GET", "/v1/accounts/{id}", retrieve),
]
