"""A project of Google Cloud, in memory."""

import copy
from collections.abc import Callable
from typing import Any

Flags = dict[str, str]


class Refused(Exception):
    """gcloud says no: `NOT_FOUND`, `ALREADY_EXISTS`, `PERMISSION_DENIED` …, and why."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}" if code else words)


class Cloud:
    """What is there, by kind and name, and how the next calls shall fare."""

    def __init__(self) -> None:
        self.account = "operator@example.com"
        self.default_project = ""
        self.denied: set[str] = set()
        self.writes = 0
        self.interrupt_after = 0
        self.failing: set[str] = set()  # words of the jobs' executions that fail
        # What somebody does while an execution with these words runs, or while the log is read.
        self.meanwhile: dict[str, Callable[[], object]] = {}
        self.answers: list[int] = []  # the last statuses that the site answered, as its log has them
        self._things: dict[str, dict[str, Any]] = {}

    def snapshot(self) -> dict[str, Any]:
        """Everything that is there, to be compared later."""
        return {kind: copy.deepcopy(things) for kind, things in self._things.items() if things}

    def there(self, kind: str) -> dict[str, Any]:
        """Everything of one kind, by name; what is put in stays."""
        return self._things.setdefault(kind, {})

    def find(self, kind: str, name: str) -> dict[str, Any]:
        """One thing.

        :raises Refused: there is none
        """
        things = self.there(kind)
        if name not in things:
            raise Refused("NOT_FOUND", f"{kind} [{name}] not found.")
        found: dict[str, Any] = things[name]
        return found

    def create(self, kind: str, name: str, thing: dict[str, Any]) -> None:
        """Add a thing.

        :raises Refused: it is there already
        """
        if name in self.there(kind):
            raise Refused("ALREADY_EXISTS", f"{kind} [{name}] already exists.")
        self.there(kind)[name] = thing
