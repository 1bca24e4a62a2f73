"""What belongs into which room of an app, where an import linter cannot see it."""

import ast
import importlib
from typing import Any

import pytest

from foundation.errors import Refusal
from tests.architecture.source import APPS, ROOT, Source, product, rooms

CLOCKS = {
    "timezone.now",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "time.time",
    "django.utils.timezone.now",
}
POSITIONAL_MAX = 2  # a small helper's
NEVER_POSITIONAL = {"now", "actor", "owner", "owner_id", "user_id", "buyer_id", "amount", "reason"}
DOMAIN = ("services", "queries", "rules", "projections", "models")


def named(source: Source) -> str:
    return source.name


@pytest.mark.parametrize("source", rooms(*DOMAIN), ids=named)
def test_the_domain_is_told_the_time(source: Source) -> None:
    """Edges ask the clock once and hand `now` on, so that one request has one time, and tests theirs."""
    assert {name for name, _ in source.calls()} & CLOCKS == set()


@pytest.mark.parametrize("source", rooms("services"), ids=named)
def test_services_are_called_with_names(source: Source) -> None:
    """Verbs take keyword-only arguments: who reads a call must see what is what, and whose time it is."""
    public = [node for node in source.tree.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
    positional = {node.name: {argument.arg for argument in node.args.args} for node in public}
    assert {name for name, arguments in positional.items() if len(arguments) > POSITIONAL_MAX} == set()
    assert {name for name, arguments in positional.items() if arguments & NEVER_POSITIONAL} == set()
    assert [node.name for node in public if ast.get_docstring(node) is None] == []


@pytest.mark.parametrize("source", rooms(*DOMAIN, "gateways"), ids=named)
def test_nothing_below_the_edges_starts_a_task(source: Source) -> None:
    """Workers are woken by name after the commit: see foundation.waker."""
    started = {name.rsplit(".", 1)[-1] for name, _ in source.calls()}
    assert started & {"delay", "apply_async", "send_task"} == set()


@pytest.mark.parametrize("source", product(), ids=named)
def test_no_signal_is_used_as_glue(source: Source) -> None:
    imported = {
        node.module for node in ast.walk(source.tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert imported & {"django.db.models.signals", "django.dispatch"} == set()


@pytest.mark.parametrize("source", rooms("tasks"), ids=named)
def test_tasks_are_named_after_their_app(source: Source) -> None:
    for name, call in source.calls():
        if name == "shared_task":
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            assert "name" in given, f"{source.name}:{call.lineno}"
            if isinstance(given["name"], ast.Constant):
                assert str(given["name"].value).startswith(f"{source.app}.")


def test_no_drawer_is_called_utils() -> None:
    assert [source.name for source in product() if source.path.stem in {"utils", "helpers", "common"}] == []


def all_refusals() -> list[type[Refusal]]:
    for app in APPS:
        for place in (ROOT / app).rglob("*.py"):
            if "errors" in place.parts[-1] or place.stem == "pagination":
                importlib.import_module(".".join(place.relative_to(ROOT).with_suffix("").parts))
    found: list[type[Refusal]] = []
    waiting: list[Any] = [Refusal]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind.__module__.partition(".")[0] in APPS and kind is not Refusal and kind.__name__[0] != "_":
            found.append(kind)
    return found


def test_refusals_have_codes_of_their_own_and_words_for_people() -> None:
    refusals = all_refusals()
    assert len(refusals) > 10
    for refusal in refusals:
        assert 400 <= refusal.status <= 599, refusal
        assert refusal.code.isascii(), refusal
        assert refusal.code == refusal.code.lower(), refusal
        assert refusal.title.endswith((".", "!")), refusal
        assert refusal.__doc__, refusal


def test_a_code_always_has_the_same_status() -> None:
    statuses: dict[str, set[int]] = {}
    for refusal in all_refusals():
        statuses.setdefault(refusal.code, set()).add(refusal.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}
