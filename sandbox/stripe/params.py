"""Reads decoded parameters with Stripe's refusals, and knows which were never read."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe import limits
from sandbox.stripe.errors import InvalidParameter, MissingParameter, UnknownParameter


class Params:
    """A group of parameters; what is not read by the time of `finish` is refused as unknown."""

    def __init__(self, values: dict[str, Any], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix
        self._read: set[str] = set()
        self._children: list[Params] = []

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def path(self, name: str) -> str:
        """Return the parameter's full name, as in `line_items[0][price]`."""
        return f"{self._prefix}[{name}]" if self._prefix else name

    def take(self, name: str) -> Any:
        """Return the decoded value as it came, or None."""
        self._read.add(name)
        return self._values.get(name)

    def text(self, name: str, *, max_length: int = limits.TEXT_LENGTH_MAX) -> str | None:
        """Return a string; the empty string is how a form says null."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise InvalidParameter(self.path(name), f"Invalid string: {value}")
        if len(value) > max_length:
            message = f"Invalid string: must be at most {max_length} characters"
            raise InvalidParameter(self.path(name), message, "parameter_invalid_string_too_long")
        return value

    def required_text(self, name: str) -> str:
        """Return a string that must be there."""
        value = self.text(name)
        if value is None:
            raise MissingParameter(self.path(name))
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        value = self.text(name, max_length=20)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            message = f"Invalid integer: {value}"
            raise InvalidParameter(self.path(name), message, "parameter_invalid_integer") from None

    def boolean(self, name: str) -> bool | None:
        """Return `true` or `false`."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise InvalidParameter(self.path(name), f"Invalid boolean: {value}")
        return value.lower() == "true"

    def choice(self, name: str, options: Collection[str]) -> str | None:
        """Return one of the options."""
        value = self.text(name)
        if value is not None and value not in options:
            expected = ", ".join(sorted(options))
            raise InvalidParameter(self.path(name), f"Invalid {self.path(name)}: must be one of {expected}")
        return value

    def url(self, name: str) -> str | None:
        """Return an absolute http(s) address."""
        value = self.text(name)
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            message = "Not a valid URL: it must start with http:// or https://."
            raise InvalidParameter(self.path(name), message, "url_invalid")
        return value

    def currency(self, name: str = "currency") -> str | None:
        """Return a three-letter currency, lower-case."""
        value = self.text(name)
        if value is None:
            return None
        if len(value) != len("usd") or not value.isalpha() or not value.isascii():
            raise InvalidParameter(self.path(name), f"Invalid currency: {value}")
        return value.lower()

    def texts(self, name: str) -> list[str]:
        """Return a list of strings."""
        value = self.take(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise InvalidParameter(self.path(name), "Invalid array")
        return list(value)

    def child(self, name: str) -> "Params | None":
        """Return a nested group, or None when it was not given."""
        value = self.take(name)
        if value is None or value == "":
            return None
        if not isinstance(value, dict):
            raise InvalidParameter(self.path(name), "Invalid object")
        return self._nested(value, self.path(name))

    def children(self, name: str) -> "list[Params]":
        """Return a list of nested groups."""
        value = self.take(name)
        if value is None or value == "":
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidParameter(self.path(name), "Invalid array")
        return [self._nested(item, f"{self.path(name)}[{at}]") for at, item in enumerate(value)]

    def metadata(self, current: dict[str, str] | None = None, name: str = "metadata") -> dict[str, str]:
        """Return the metadata with the given changes: an empty value removes a key, an empty whole all."""
        kept = dict(current or {})
        changes = self.take(name)
        if changes is None:
            return kept
        if changes == "":
            return {}
        if isinstance(changes, list):  # keys that happen to be 0, 1, 2, …
            changes = {str(at): value for at, value in enumerate(changes)}
        for key, value in _strings(changes, self.path(name)).items():
            self._check_metadata(name, key, value)
            kept[key] = value
        kept = {key: value for key, value in kept.items() if value != ""}
        if len(kept) > limits.METADATA_KEYS_MAX:
            raise InvalidParameter(self.path(name), "Metadata can have at most 50 keys.")
        return kept

    def _check_metadata(self, name: str, key: str, value: str) -> None:
        if len(key) > limits.METADATA_KEY_LENGTH_MAX:
            message = (
                f"Invalid metadata key: '{key}' is longer than {limits.METADATA_KEY_LENGTH_MAX} characters."
            )
            raise InvalidParameter(self.path(name), message)
        if len(value) > limits.METADATA_VALUE_LENGTH_MAX:
            message = f"Metadata values can have up to {limits.METADATA_VALUE_LENGTH_MAX} characters."
            raise InvalidParameter(f"{self.path(name)}[{key}]", message)

    def _nested(self, values: dict[str, Any], prefix: str) -> "Params":
        nested = Params(values, prefix)
        self._children.append(nested)
        return nested

    def finish(self) -> None:
        """Refuse what nobody read."""
        for name in self._values:
            if name not in self._read:
                raise UnknownParameter(self.path(name))
        for nested in self._children:
            nested.finish()


def _strings(value: Any, path: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise InvalidParameter(path, "Invalid metadata: keys and values must be strings.")
    return value
