"""What Stripe's webhook could be sent: noise, signed noise, and events of which something was changed."""

import copy
import json
from typing import Any

from hypothesis import strategies as st

SECONDS = 1_790_000_000
TYPES = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.payment_failed",
    "charge.succeeded",
    "charge.refunded",
    "refund.created",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "radar.early_fraud_warning.created",
    "customer.created",
]
# What parsers, databases and careless comparisons stumble over.
TRICKY: list[Any] = [
    None, True, False, 0, -1, 1499, 1499.0, "1499", 14.99, 2**31, 2**63, 2**64, 10**400, -(10**400), 1e308,
    "", " ", "\x00", "\ud800", "a\u0000b", "\u202e", "😀" * 100, "x" * 300, "x" * 5000, "paid", "unpaid",
    "no_payment_required", "complete", "usd", "USD", "eur", "true", "null", "evt_other", "cs_test_alice",
    "'; DROP TABLE payments_purchase; --", "../../etc/passwd", "{}", [], {}, [[]], [None] * 50, {"": ""},
    {"id": "cs_test_alice"}, {"object": "event"}, {"purchase_id": "1"}, [{"$ref": "#"}],
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = (
    st.sampled_from(TRICKY)
    | SCALARS
    | st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )
)
NOISE = (
    st.binary(max_size=200)
    | st.text(max_size=100).map(lambda text: text.encode(errors="surrogatepass"))
    | VALUES.map(lambda value: json.dumps(value).encode())
    | st.sampled_from([
        b"", b"{", b"[]", b"null", b"NaN", b"{}" * 2, b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 100_000,
        b'{"a":' * 50_000, b"9" * 5000, b'{"object":"event"}', b"x" * (512 * 1024 + 1), b" " * (512 * 1024),
        b'{"object":"event","id":"evt_1","id":"evt_2"}', b"\x00" * 64, b"--boundary\r\n\r\n", b"a=1&b=2",
    ])
)  # fmt: skip
LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
# Lengths are what a server in front lets through at the worst.
HEADERS = st.dictionaries(
    st.sampled_from([
        "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT",
        "HTTP_HOST", "HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_ACCEPT", "HTTP_X_REQUEST_ID", "HTTP_HX_REQUEST",
        "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_ORIGIN", "HTTP_REFERER", "HTTP_USER_AGENT",
        "HTTP_STRIPE_SIGNATURE", "REMOTE_ADDR", "QUERY_STRING", "HTTP_X_HTTP_METHOD_OVERRIDE",
    ]),
    LATIN
    | st.sampled_from([
        "", "0", "-1", "1e9", "9" * 20, "9" * 5000, "²", "gzip", "chunked", "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded", "application/json; charset=utf-7", "text/plain; charset=no-such",
        "::1", "127.0.0.1, evil", "t=1,v1=0", "session=x; csrf=y", "Bearer x", "Api-Key y", "\x00", "a\r\nb",
    ]),
    max_size=3,
)  # fmt: skip
_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
SIGNATURES = (
    st.just("")
    | LATIN
    | st.builds("t={},v1={}".format, st.integers(), _HEX)
    | st.builds("t={},v1={}".format, st.just(SECONDS), _HEX)
    | st.builds("{}={},{}={}".format, *[st.sampled_from(["t", "v1", "v0", "", " t", "T"]), LATIN] * 2)
    | st.sampled_from(["t=,v1=", "t", "v1", ",", "=", "t=t=t", "t=1=2,v1=3", "t=1_0,v1=00", "t=٣,v1=00"])
)  # fmt: skip
Path = tuple[str, ...]


def paths_in(value: Any, above: Path = ()) -> list[Path]:
    """Where something stands in an object."""
    if not isinstance(value, dict):
        return [above]
    below = [path for key, inner in value.items() for path in paths_in(inner, (*above, key))]
    return [above, *below] if above else below


def changes(event: dict[str, Any]) -> st.SearchStrategy[list[tuple[Path, str, Any]]]:
    """One to four changes of an event: where, what is done there, and with which value."""
    how = st.sampled_from(["replace", "replace", "drop", "wrap", "rename", "as text"])
    return st.lists(st.tuples(st.sampled_from(paths_in(event)), how, VALUES), min_size=1, max_size=4)


def changed(event: dict[str, Any], edits: list[tuple[Path, str, Any]]) -> dict[str, Any]:
    result = copy.deepcopy(event)
    for path, how, value in edits:
        place = _place(result, path[:-1])
        if place is None or path[-1] not in place:
            continue
        was = place.pop(path[-1])
        if how == "rename":
            place[f"{path[-1]}_"] = was
        elif how != "drop":
            place[path[-1]] = {"replace": value, "wrap": [was], "as text": str(was)}[how]
    return result


def _place(value: Any, path: Path) -> dict[str, Any] | None:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None
