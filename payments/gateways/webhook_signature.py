"""Checks that a webhook comes from Stripe: https://docs.stripe.com/webhooks#verify-manually."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import stripe

from payments.errors import InvalidEvent, InvalidSignature
from payments.kinds import StripeEvent
from payments.limits import (
    EVENT_ID_LENGTH_MAX,
    EVENT_TYPE_LENGTH_MAX,
    SIGNATURE_HEADER_LENGTH_MAX,
    SIGNATURE_TOLERANCE,
)

# Far beyond any event, and within what a datetime holds.
TIMESTAMP_END = 2**33
# An escaped U+0000, and not an escaped backslash before the letters u0000.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def read_event(*, body: bytes, header: str, secrets: Sequence[str], now: datetime) -> StripeEvent:
    """The event in a signed body. Several secrets are live while one is rolled; one of them must fit.

    The library's `construct_event` does the same check and builds objects nobody needs, at 25 times the cost.

    :raises InvalidSignature: `invalid_signature`: missing, wrong, or signed over 5 minutes ago or ahead.
    :raises InvalidEvent: `invalid_event`: signed, and yet no event.
    """
    _check_signature(body=body, header=header, secrets=secrets)
    _check_age(header=header, now=now)
    try:
        parsed = json.loads(body)
        _check_storable(parsed)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent("The body is not JSON that can be kept.") from error
    return _event(parsed)


def _check_signature(*, body: bytes, header: str, secrets: Sequence[str]) -> None:
    if not header or len(header) > SIGNATURE_HEADER_LENGTH_MAX:
        raise InvalidSignature
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidSignature from error
    # An empty secret would verify what anybody can sign with an empty key.
    if not any(_fits(text, header, secret) for secret in secrets if secret):
        raise InvalidSignature


def _fits(text: str, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(text, header, secret, tolerance=None))
    except (stripe.SignatureVerificationError, ValueError):
        return False


def _check_age(*, header: str, now: datetime) -> None:
    """Refuse what was signed too long ago or ahead. The library refuses only the past."""
    signed_at = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
    if abs(now.timestamp() - signed_at) > SIGNATURE_TOLERANCE.total_seconds():
        raise InvalidSignature("The signature is too old, or from the future.")


def _check_storable(parsed: Any) -> None:
    """Refuse what Python reads as JSON and PostgreSQL's jsonb does not keep: NaN, lone surrogates, U+0000."""
    text = json.dumps(parsed, allow_nan=False, ensure_ascii=False)
    text.encode()
    if _NUL.search(text):
        raise ValueError("U+0000 in a string")


def _event(parsed: Any) -> StripeEvent:
    if not isinstance(parsed, dict) or parsed.get("object") != "event":
        raise InvalidEvent
    data, created, livemode = parsed.get("data"), parsed.get("created"), parsed.get("livemode")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict) or not isinstance(livemode, bool):
        raise InvalidEvent
    if not isinstance(created, int) or not 0 <= created < TIMESTAMP_END:
        raise InvalidEvent
    return StripeEvent(
        id=_word(parsed.get("id"), EVENT_ID_LENGTH_MAX),
        type=_word(parsed.get("type"), EVENT_TYPE_LENGTH_MAX),
        livemode=livemode,
        created=created,
        payload=parsed,
        data=thing,
    )


def _word(value: object, length_max: int) -> str:
    if isinstance(value, str) and 0 < len(value) <= length_max and value.isascii() and value.isprintable():
        return value
    raise InvalidEvent
