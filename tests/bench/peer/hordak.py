"""django-hordak doing a transfer: from its bank account to one of the customers' accounts.

`python -m tests.bench.peer.hordak WALLETS`, with its own settings, makes its tables and accounts.
"""

import sys
from typing import Any

import django
from django.core.management import call_command
from django.db import transaction

TOKENS = 250
_accounts: dict[str, Any] = {}


def transfer(number: int) -> None:
    """One transfer, in a transaction, as its integrity checks ask for."""
    from hordak.models import Account  # noqa: PLC0415 - needs the apps
    from moneyed import Money  # noqa: PLC0415 - likewise

    if not _accounts:
        _accounts.update({account.name: account for account in Account.objects.all()})
    bank, customer = _accounts["bank"], _accounts[str(number)]
    with transaction.atomic():
        bank.transfer_to(customer, Money(TOKENS, "USD"))


def prepare(wallets: int) -> None:
    """Make the tables, a bank account and an account for each customer."""
    call_command("migrate", verbosity=0)
    from hordak.models import Account  # noqa: PLC0415 - needs the apps

    Account.objects.create(name="bank", code="1", type="AS", currencies=["USD"])
    for number in range(1, wallets + 1):
        Account.objects.create(name=str(number), code=f"2{number}", type="LI", currencies=["USD"])


if __name__ == "__main__":
    django.setup()
    prepare(int(sys.argv[1]))
