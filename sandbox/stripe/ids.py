"""Made-up ids in the shape of Stripe's own."""

import secrets

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_SHAPES = {
    "balance_transaction": ("txn_3", 23),
    "charge": ("ch_3", 23),
    "checkout.session": ("cs_test_a1", 58),
    "customer": ("cus_", 14),
    "dispute": ("du_1", 23),
    "event": ("evt_1", 23),
    "item": ("li_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_method": ("pm_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "radar.early_fraud_warning": ("issfr_1", 23),
    "refund": ("re_3", 23),
    "request": ("req_", 14),
    "webhook_endpoint": ("we_1", 23),
}


def random_text(length: int) -> str:
    """Return that many random letters and digits."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in secrets.token_bytes(length))


def new_id(kind: str) -> str:
    """Return a fresh id for an object of this kind, e.g. `pi_3…` for a payment intent."""
    prefix, length = _SHAPES[kind]
    return prefix + random_text(length)
