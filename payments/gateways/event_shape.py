"""What must be true of an event before anything is done with it, however it has reached us."""

import json
import re
from typing import Any

from payments.errors import InvalidEvent
from payments.kinds import StripeEvent
from payments.limits import EVENT_ID_LENGTH_MAX, EVENT_TYPE_LENGTH_MAX

# Far beyond any event, and within what a datetime holds.
TIMESTAMP_END = 2**33
# An escaped U+0000, and not an escaped backslash before the letters u0000.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def parse_event(parsed: Any) -> StripeEvent:
    """The event in parsed JSON.

    :raises InvalidEvent: `invalid_event`: it is no event, or one that cannot be kept.
    """
    try:
        payload = _storable(parsed)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent("The body is not JSON that can be kept.") from error
    return _event(parsed, payload)


def _storable(parsed: Any) -> str:
    """The JSON to keep. What Python reads and PostgreSQL's jsonb refuses is refused: NaN, lone surrogates, U+0000."""
    text = json.dumps(parsed, allow_nan=False, ensure_ascii=False)
    text.encode()
    if _NUL.search(text):
        raise ValueError("U+0000 in a string")
    return text


def _event(parsed: Any, payload: str) -> StripeEvent:
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
        payload=payload,
        data=thing,
    )


def _word(value: object, length_max: int) -> str:
    if isinstance(value, str) and 0 < len(value) <= length_max and value.isascii() and value.isprintable():
        return value
    raise InvalidEvent
