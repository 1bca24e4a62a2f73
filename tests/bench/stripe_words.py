"""Stripe's objects around a purchase, as the sandbox tells them for one real payment, for any number of others.

The ids of that payment are replaced by ids that tell each other: from a session's id alone follow its purchase, its
payment intent, its charge and its customer. So Stripe's answers can be made without a store, in any process.
"""

import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests

from sandbox.environment import STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET

ANSWER_SECONDS_MAX = 10
SUFFIX = re.compile(r"(?P<buyer>[0-9]{6})(?P<purchase>[0-9a-f]{32})?$")
# What each id of the real payment becomes; {0} is the suffix, {1} the buyer, {2} the purchase.
SHAPES = {
    "event": "evt_bench{0}",
    "session": "cs_test_bench{0}",
    "intent": "pi_bench{0}",
    "charge": "ch_bench{0}",
    "method": "pm_bench{0}",
    "customer": "cus_bench{1}",
    "purchase": "{2}",
}
PATHS = {
    "checkout/sessions": "session",
    "payment_intents": "intent",
    "charges": "charge",
    "customers": "customer",
    "payment_methods": "method",
}


@dataclass(frozen=True)
class StripeWords:
    """Templates: each object's JSON, with marks where ids belong."""

    templates: Mapping[str, str]

    @classmethod
    def learn(cls, stripe_url: str, objects: Mapping[str, Mapping[str, Any]], ids: Mapping[str, str]) -> Self:
        """Make templates of one payment's objects.

        :param ids: the real id of each kind in `SHAPES`
        """
        account = requests.get(
            f"{stripe_url}/v1/account",
            headers={"Authorization": f"Bearer {STRIPE_SECRET_KEY}"},
            timeout=ANSWER_SECONDS_MAX,
        )
        account.raise_for_status()
        marked = {}
        for name, thing in objects.items():
            text = json.dumps(thing)
            for kind, real in ids.items():
                text = text.replace(real, f"@{kind}@")
            marked[name] = text
        return cls({**marked, "account": account.text})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read templates that another process wrote."""
        return cls(json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Write them for other processes."""
        path.write_text(json.dumps(dict(self.templates)))

    def object(self, name: str, suffix: str) -> bytes:
        """Give an object's JSON for the purchase, or the customer, whose ids end so."""
        match = SUFFIX.search(suffix)
        if match is None:
            raise LookupError(f"no id of the bench's: {suffix}")
        purchase = str(uuid.UUID(match["purchase"])) if match["purchase"] else ""
        text = self.templates[name]
        for kind, shape in SHAPES.items():
            text = text.replace(f"@{kind}@", shape.format(match[0], match["buyer"], purchase))
        return text.encode()

    def answer(self, path: str) -> bytes:
        """Answer `GET /v1/…` as Stripe would.

        :raises LookupError: for what nobody was expected to ask
        """
        asked = path.partition("/v1/")[2]
        if asked == "account" or asked.startswith("accounts/"):
            return self.templates["account"].encode()
        resource, _, object_id = asked.rpartition("/")
        return self.object(PATHS[resource], object_id)


def signed_request(path: str, host: str, body: bytes) -> bytes:
    """A whole HTTP request that delivers an event, signed now as Stripe signs."""
    at = int(time.time())
    digest = hmac.new(STRIPE_WEBHOOK_SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Stripe/1.0\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"Stripe-Signature: t={at},v1={digest}\r\n\r\n"
    )
    return head.encode() + body
