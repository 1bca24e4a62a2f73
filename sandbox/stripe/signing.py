"""Stripe's webhook signature: HMAC-SHA256 over `timestamp.body`."""

import hashlib
import hmac


def signature_header(body: bytes, secret: str, timestamp: int) -> str:
    """Return the value of `Stripe-Signature` for this body, signed at this Unix time."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
