"""Stripe's request encoding: forms whose keys nest, as in `line_items[0][price_data][currency]=usd`."""

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.stripe.errors import ApiError, InvalidParameter
from sandbox.stripe.limits import FORM_DEPTH_MAX, FORM_FIELDS_MAX

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(form: bytes) -> dict[str, Any]:
    """Return the form as nested dicts and lists of strings.

    Raises:
        ApiError: too many fields, or not UTF-8.
        InvalidParameter: a malformed key, or one key used as a value and as a group.
    """
    try:
        pairs = parse_qsl(
            form.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict"
        )
    except ValueError as error:
        raise ApiError("Invalid request: the form is too large or not UTF-8.") from error
    tree: dict[str, Any] = {}
    for key, value in pairs:
        _insert(tree, _path(key), value, key)
    return {name: _with_lists(branch) for name, branch in tree.items()}


def _path(key: str) -> list[str]:
    match = _KEY.match(key)
    if match is None:
        raise InvalidParameter(key, f"Invalid parameter name: {key}")
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > FORM_DEPTH_MAX:
        raise InvalidParameter(key, f"Parameter nested too deeply: {key}")
    return path


def _insert(tree: dict[str, Any], path: list[str], value: str, key: str) -> None:
    branch = tree
    for part in path[:-1]:
        branch = branch.setdefault(part, {})
        if not isinstance(branch, dict):
            raise InvalidParameter(key, f"Invalid {key}: a value and a group at once.")
    leaf = path[-1] or str(len(branch))  # `types[]=x` appends
    if isinstance(branch.get(leaf), dict):
        raise InvalidParameter(key, f"Invalid {key}: a value and a group at once.")
    branch[leaf] = value


def _with_lists(branch: Any) -> Any:
    """Groups whose keys are all numbers are lists, in the order of those numbers."""
    if not isinstance(branch, dict):
        return branch
    children = {name: _with_lists(child) for name, child in branch.items()}
    if children and all(name.isdecimal() for name in children):
        return [children[name] for name in sorted(children, key=int)]
    return children
