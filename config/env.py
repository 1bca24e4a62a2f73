"""Reads the environment: each value is typed and checked, and all that is wrong is told at once.

A process that starts reads every value first, then calls `stop_on_problems`: an operator who sets up
an installation sees one list, not one complaint per attempt.
"""

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"0", "false", "no", "off"})
DATABASE_SCHEMES = frozenset({"postgres", "postgresql"})
REDIS_SCHEMES = frozenset({"redis", "rediss"})


class Process(StrEnum):
    """What this process is for; some values are needed, and some powers given, only there."""

    WEB = "web"
    OWNER = "owner"  # migrates and repairs, as the owner of the tables
    BUILD = "build"  # collects static files where no secret is at hand
    OTHER = "other"


class _Declared:
    process = Process.OTHER


def declare(process: Process) -> None:
    """Say what this process is for, before the settings are read."""
    _Declared.process = process


def declared() -> Process:
    """Tell what this process is for."""
    return _Declared.process


class Environment:
    """Typed readings of environment variables, and the list of what is wrong with them.

    A reading that fails notes the problem and gives an empty value of its type, so that reading goes on.
    An empty variable counts as not set.
    """

    def __init__(self, variables: Mapping[str, str], process: Process = Process.OTHER) -> None:
        self.process = process
        self.problems: list[str] = []
        self._variables = variables

    def stop_on_problems(self) -> None:
        """Stop the process if anything was missing or malformed.

        :raises ImproperlyConfigured: naming each variable and what is wrong with it
        """
        if self.problems and self.process is not Process.BUILD:
            listed = "\n".join(f"  - {problem}" for problem in self.problems)
            raise ImproperlyConfigured(
                f"The environment is not usable ({len(self.problems)} to mend):\n{listed}"
            )

    def text(self, name: str, *, default: str | None = None) -> str:
        """A string; required unless it has a default."""
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.problems.append(f"{name} is required and not set.")
        return default or ""

    def boolean(self, name: str, *, default: bool) -> bool:
        """A yes or no: 1, true, yes, on and their opposites."""
        value = self.text(name, default="").lower()
        if value and value not in YES | NO:
            self.problems.append(f"{name} must be 1 or 0, and is {value!r}.")
        return value in YES if value else default

    def whole_number(self, name: str, *, default: int, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self.text(name, default=str(default))
        if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) > most:
            self.problems.append(f"{name} must be a whole number from 0 to {most}, and is {value!r}.")
            return default
        return int(value)

    def choice(self, name: str, *, among: Iterable[str], default: str) -> str:
        """One of a few words, in any case."""
        value = self.text(name, default=default).upper()
        if value not in among:
            self.problems.append(f"{name} must be one of {', '.join(among)}, and is {value!r}.")
            return default
        return value

    def listed(self, name: str, *, default: list[str]) -> list[str]:
        """Comma-separated values, blanks left out."""
        value = self.text(name, default="")
        return [part.strip() for part in value.split(",") if part.strip()] or default

    def emails(self, name: str) -> list[str]:
        """Comma-separated e-mail addresses; none by default."""
        addresses = self.listed(name, default=[])
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                self.problems.append(f"{name} must be e-mail addresses; {address!r} is none.")
        return addresses

    def url(self, name: str, *, default: str | None) -> str:
        """An http or https address without a trailing slash, user or query; empty only by default."""
        value = self.text(name, default=default).rstrip("/")
        if value and not _is_address(value):
            self.problems.append(f"{name} must be an http or https address, and is {value!r}.")
            return ""
        return value

    def origin(self, name: str, *, default: str | None) -> str:
        """An http or https address of a site: scheme, host and port, no path."""
        value = self.url(name, default=default)
        if urlsplit(value).path:
            self.problems.append(f"{name} must have no path, and is {value!r}.")
        return value

    def secret(self, name: str, *, shape: str, like: str, default: str | None = None) -> str:
        """A secret whose shape is a regular expression; the value itself is never told."""
        value = self.text(name, default=default)
        if value and not re.fullmatch(shape, value):
            self.problems.append(f"{name} does not look like {like}.")
        return value

    def secrets(self, name: str, *, shape: str, like: str, required: bool) -> list[str]:
        """Comma-separated secrets of one shape; values are never told."""
        values = self.listed(name, default=[])
        if required and not values:
            self.problems.append(f"{name} is required and not set.")
        if any(not re.fullmatch(shape, value) for value in values):
            self.problems.append(f"{name} does not look like {like}, or like several with commas between.")
        return values

    def both_or_neither(self, first: str, second: str) -> tuple[str, str]:
        """Two strings that mean something only together."""
        values = self.text(first, default=""), self.text(second, default="")
        if bool(values[0]) != bool(values[1]):
            self.problems.append(f"{first} and {second} must be set together.")
        return values

    def json_object(self, name: str) -> dict[str, Any]:
        """A JSON object; empty by default."""
        value = self.text(name, default="{}")
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            self.problems.append(f"{name} must be a JSON object.")
            return {}
        return parsed

    def database(self, name: str, *, default: str | None = None) -> dict[str, Any]:
        """Django's description of a PostgreSQL database, from `postgresql://user:password@host/name`."""
        value = self.text(name, default=default)
        try:
            if urlsplit(value).scheme not in DATABASE_SCHEMES:
                raise ValueError  # noqa: TRY301 - one way out for whatever is wrong
            settings: dict[str, Any] = environ.Env.db_url_config(value)
        except ValueError:
            settings = {"NAME": ""}
        if value and not settings["NAME"]:
            self.problems.append(f"{name} must look like postgresql://user:password@host:5432/name.")
        settings["OPTIONS"] = dict(settings.get("OPTIONS", {}))
        return settings

    def redis(self, name: str) -> str:
        """The address of a Redis database."""
        value = self.text(name)
        if value and (urlsplit(value).scheme not in REDIS_SCHEMES or not urlsplit(value).hostname):
            self.problems.append(f"{name} must look like redis://host:6379/0.")
        return value

    def email_settings(self, name: str, *, default: str | None) -> dict[str, Any]:
        """Django's e-mail settings, from `smtp+tls://user:password@host:587` or `consolemail://`."""
        value = self.text(name, default=default)
        try:
            settings: dict[str, Any] = environ.Env.email_url_config(value) if value else {}
        except (ValueError, ImproperlyConfigured):
            self.problems.append(f"{name} must look like smtp+tls://user:password@host:587.")
            return {}
        return {key: setting for key, setting in settings.items() if setting is not None}


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port_is_fine and plain
