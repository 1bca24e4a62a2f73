"""What a bank debit looks like: its payment method, and its charge from pending to its end."""

from sandbox.stripe.banks import BANK_NAME, ROUTING_NUMBER, BankAccount, DebitFailure, fingerprint
from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import StripeObject
from sandbox.stripe.objects.payments import charge

_SHOWN = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
_NOT_ASSESSED = {"risk_level": "not_assessed"}


def bank_payment_method(
    *, account: BankAccount, billing: StripeObject, customer: str | None, now: int
) -> StripeObject:
    """Return the account as it was typed, without its number."""
    return {
        "id": new_id("payment_method"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing,
        "created": now,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "us_bank_account",
        "us_bank_account": {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": BANK_NAME,
            "financial_connections_account": None,
            "fingerprint": fingerprint(account.number),
            "last4": account.number[-4:],
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": ROUTING_NUMBER,
            "status_details": {},
        },
    }


def pending_charge(*, intent: StripeObject, method: StripeObject, now: int) -> StripeObject:
    """Return the charge of a debit that the bank has been asked for."""
    account = {name: method["us_bank_account"][name] for name in _SHOWN} | {"payment_reference": None}
    asked = charge(
        intent=intent,
        method=method,
        details={"type": "us_bank_account", "us_bank_account": account},
        decline=None,
        now=now,
    )
    asked["outcome"] = {key: value for key, value in asked["outcome"].items() if key != "risk_score"}
    asked["outcome"] |= _NOT_ASSESSED
    return asked | {"paid": False, "status": "pending"}


def settled(asked: StripeObject) -> StripeObject:
    """Return the charge after the bank has paid."""
    return asked | {"paid": True, "status": "succeeded"}


def failed(asked: StripeObject, failure: DebitFailure) -> StripeObject:
    """Return the charge after the bank has said no, be it at once or after it had paid."""
    outcome = asked["outcome"] | {
        "network_status": "declined_by_network",
        "reason": failure.code,
        "seller_message": failure.message,
        "type": "issuer_declined",
    }
    return asked | {
        "failure_code": failure.code,
        "failure_message": failure.message,
        "outcome": outcome,
        "paid": False,
        "status": "failed",
    }


def debit_error(failure: DebitFailure, charge_id: str, method: StripeObject) -> StripeObject:
    """Return what `last_payment_error` says after a bank's no."""
    return {
        "charge": charge_id,
        "code": failure.code,
        "doc_url": f"https://stripe.com/docs/error-codes/{failure.code.replace('_', '-')}",
        "message": failure.message,
        "payment_method": method,
        "type": "invalid_request_error",
    }
