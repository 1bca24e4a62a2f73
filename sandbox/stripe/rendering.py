"""Fills the templates; every value is escaped unless it was rendered here."""

from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe.messages import HTML, Response

_FOLDER = Path(__file__).parent


class Markup(str):
    """HTML that is safe as it is."""

    __slots__ = ()


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / "templates" / f"{name}.html").read_text(encoding="utf-8"))


def fragment(template: str, /, **values: Any) -> Markup:
    """Return a template filled with values; None becomes nothing."""
    return Markup(_template(template).substitute({key: _escaped(value) for key, value in values.items()}))


def _escaped(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else escape(str(value))


def joined(parts: list[Markup]) -> Markup:
    """Return fragments one after the other."""
    return Markup("".join(parts))


def page(title: str, body: Markup, *, status: int = 200, leads_to: tuple[str | None, ...] = ()) -> Response:
    """Return a whole page; its forms may end up (by redirects) at the origins of `leads_to` only."""
    origins = {f"{parts.scheme}://{parts.netloc}" for url in leads_to if url and (parts := urlsplit(url))}
    policy = "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(["form-action 'self'", *sorted(origins)]),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    text = fragment("layout", title=title, body=body)
    return Response(status, text.encode(), HTML, headers)


def static_file(name: str) -> Response | None:
    """Return one of the few files that pages use."""
    kinds = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    path = _FOLDER / "static" / name
    if path.suffix not in kinds or path.parent != _FOLDER / "static" or not path.is_file():
        return None
    headers = {"Cache-Control": "max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(200, path.read_bytes(), kinds[path.suffix], headers)


def moment(timestamp: float) -> str:
    """Return a Unix time in UTC, to the second."""
    return datetime.fromtimestamp(timestamp, tz=UTC).strftime("%Y-%m-%d %H:%M:%S")
