"""Reads the environment: each value is typed, and a missing or malformed one stops the process and says why."""

import os
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_reader = environ.Env()


def text(name: str, *, default: str | None = None) -> str:
    """A string; required unless it has a default."""
    value = os.environ.get(name, "") or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is required and not set.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    """A yes or no: 1, true, yes, on and their opposites."""
    return bool(_reader.bool(name, default=default))


def listed(name: str, *, default: list[str]) -> list[str]:
    """Comma-separated values, blanks left out."""
    raw = os.environ.get(name, "")
    return [part.strip() for part in raw.split(",") if part.strip()] or default


def url(name: str, *, default: str | None) -> str:
    """An http or https address without a trailing slash."""
    value = text(name, default=default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an http or https address, and is {value!r}.")
    return value


def database(name: str) -> dict[str, Any]:
    """A PostgreSQL connection with a pool."""
    text(name)
    settings: dict[str, Any] = _reader.db(name)
    settings["CONN_HEALTH_CHECKS"] = False
    settings.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 10, "timeout": 5}
    return settings
