"""Webhooks as Stripe posts them, and as nobody should."""

import hashlib
import hmac
import time
from typing import Any

from django.conf import settings
from django.test import Client

URL = "/api/stripe/webhook"
SECRET = settings.STRIPE_WEBHOOK_SECRETS[0]


def signed(body: bytes, *, secret: str = SECRET, age: int = 0) -> str:
    """A Stripe-Signature header, as Stripe makes it."""
    at = int(time.time()) - age
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def post(body: bytes, signature: str | None) -> Any:
    headers = {} if signature is None else {"Stripe-Signature": signature}
    return Client(enforce_csrf_checks=True, raise_request_exception=False).post(
        URL, body, content_type="application/json", headers=headers
    )
