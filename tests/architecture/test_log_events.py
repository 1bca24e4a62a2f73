"""The names of log events: those that are promised and those beside them, and no others."""

import ast
from collections.abc import Iterator

from tests.architecture.source import product
from tests.support.promised import EVENTS, EVENTS_BESIDE

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"logger", "log"}


def logged() -> Iterator[str]:
    """What the product's calls of a logger write, and what it calls them by where that is a variable."""
    for source in product():
        for function in source.functions():
            found = [call for call in ast.walk(function) if isinstance(call, ast.Call) and _logs(call)]
            for call in found:
                if isinstance(call.args[0], ast.Constant):
                    yield str(call.args[0].value)
                else:
                    yield from _alternatives(source.tree)


def _logs(call: ast.Call) -> bool:
    """Whether it is a logger's: `logger.info(…)`, `log.error(…)`."""
    called = call.func
    if not isinstance(called, ast.Attribute) or called.attr not in LEVELS:
        return False
    return isinstance(called.value, ast.Name) and called.value.id in LOGGERS


def _alternatives(tree: ast.Module) -> Iterator[str]:
    """The names in a module that hands them on: chosen by a condition, or said to a function `_tell`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_tell":
            chosen = node.args[0]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "event":
            chosen = node.value
        else:
            continue
        yield from (str(each.value) for each in ast.walk(chosen) if isinstance(each, ast.Constant))


def test_what_is_logged_is_what_is_promised_and_what_is_listed_beside_it():
    assert set(logged()) == EVENTS.keys() | EVENTS_BESIDE
    assert not EVENTS.keys() & EVENTS_BESIDE
