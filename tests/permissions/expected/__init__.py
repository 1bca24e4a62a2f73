"""What every address of the project answers to whom, a file for each area."""

from tests.permissions.expected.accounts import ACCOUNTS
from tests.permissions.expected.api import API
from tests.permissions.expected.back_office import ADMIN, TABLES, acts_on, pages_of
from tests.permissions.expected.operations import OPERATIONS
from tests.permissions.expected.site import SITE
from tests.permissions.table import Table

# What belongs together is asked in one test.
AREAS: dict[str, Table] = {
    "site": SITE,
    "api": API,
    "operations": OPERATIONS,
    "accounts": ACCOUNTS,
    "admin": ADMIN,
    **{label: {**pages_of(label), **acts_on(label)} for label in TABLES},
}
