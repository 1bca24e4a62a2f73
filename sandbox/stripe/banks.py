"""The test bank accounts: Stripe's own numbers and how a debit of each fares. No other number is accepted.

https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

ROUTING_NUMBER = "110000000"
BANK_NAME = "STRIPE TEST BANK"


class Fate(StrEnum):
    """What becomes of a debit when the bank's days are over."""

    SETTLES = "settles"
    FAILS = "fails"
    WAITS = "waits"  # until a control says how it ends


@dataclass(frozen=True)
class DebitFailure:
    """Why a bank did not pay, in Stripe's words."""

    code: str
    message: str


@dataclass(frozen=True)
class BankAccount:
    """An account number and the fate of its debits."""

    number: str
    fate: Fate = Fate.SETTLES
    failure: DebitFailure | None = None


POOR = DebitFailure(
    "insufficient_funds", "The customer's account has insufficient funds to cover this payment."
)
_CLOSED = DebitFailure("account_closed", "The customer's bank account has been closed.")
_NOT_ALLOWED = DebitFailure(
    "debit_not_authorized", "The customer has notified their bank that this payment was unauthorized."
)

_ACCOUNTS = (
    BankAccount("000123456789"),
    BankAccount("000222222227", Fate.FAILS, POOR),
    BankAccount("000111111113", Fate.FAILS, _CLOSED),
    BankAccount("000333333335", Fate.FAILS, _NOT_ALLOWED),
    BankAccount("000000000009", Fate.WAITS),
)
ACCOUNTS = {account.number: account for account in _ACCOUNTS}
FAILURES = {account.failure.code: account.failure for account in _ACCOUNTS if account.failure}
SETTLING_NUMBER = "000123456789"
FAILING_NUMBER = "000222222227"


def find_account(typed: str) -> BankAccount | None:
    """Return the test account with this number, blanks and dashes ignored."""
    return ACCOUNTS.get("".join(typed.split()).replace("-", ""))


def fingerprint(number: str) -> str:
    """Return what tells that two debits came from one account: the same for the same number, always."""
    return hashlib.sha256(f"sandbox account {number}".encode()).hexdigest()[:16]
