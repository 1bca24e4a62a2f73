"""Every variable that the product reads is told to operators, and no other."""

import ast
import re

from tests.architecture.source import ROOT, Source, product

READINGS = {
    "text",
    "boolean",
    "whole_number",
    "choice",
    "listed",
    "emails",
    "url",
    "origin",
    "secret",
    "secrets",
    "json_object",
    "database",
    "redis",
    "email_settings",
    "both_or_neither",
}
SETTINGS = Source(ROOT / "config" / "settings.py")
# Firebase's SDK reads a variable by itself; its gateway looks first whether it may.
WATCHERS = {"identity/gateways/firebase.py"}
# `os.environ.setdefault(…)` is how Django is told of the settings themselves, and Celery whose checks are made.
TOLD_TO_LIBRARIES = ("DJANGO_SETTINGS_MODULE", "CELERY_SKIP_CHECKS")


def read_by_the_settings() -> set[str]:
    names: set[str] = set()
    for called, call in SETTINGS.calls():
        if called.startswith("env.") and called.removeprefix("env.") in READINGS:
            count = 2 if called == "env.both_or_neither" else 1
            names |= {ast.literal_eval(argument) for argument in call.args[:count]}
    return names


def told_to_operators() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def test_the_example_lists_what_the_settings_read() -> None:
    assert len(read_by_the_settings()) > 25
    assert told_to_operators() == read_by_the_settings()


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        source.name
        for source in product()
        for line in source.text.splitlines()
        if re.search(r"os\.(environ|getenv)", line) and not any(name in line for name in TOLD_TO_LIBRARIES)
    }
    assert readers == {"config/settings.py", *WATCHERS}
