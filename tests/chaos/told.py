"""The campaign's own list: what it asked of the product, and what it was answered. The judge believes nothing else.

An operation stays in doubt until somebody says yes or no to it; it is then asked again under its own key.
"""

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What can be asked."""

    PURCHASE = "purchase"
    SPEND = "spend"
    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"


class Outcome(StrEnum):
    """What was answered."""

    DOUBTFUL = "doubtful"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass
class Operation:
    """One thing that was asked, under one key however often. `subject` is a package, or the hold that it is about."""

    key: str
    kind: Kind
    user: str
    amount: int = 0
    subject: str = ""
    outcome: Outcome = Outcome.DOUBTFUL
    answer: dict[str, Any] = field(default_factory=dict)
    tries: int = 0
    unanswered_at: float = -math.inf  # when nobody answered last, on the monotonic clock
    is_followed: bool = False  # whether what follows from its yes was done


class Told:
    """All operations, and what was wrong on its face when it was answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._operations: dict[str, Operation] = {}
        self._acknowledged = 0
        self.wrong: list[str] = []
        self.statuses: dict[int, int] = {}
        self.refunds: list[str] = []
        self.disputes: list[str] = []

    def add(self, operation: Operation) -> Operation:
        """Note an operation before it is asked for."""
        with self._lock:
            self._operations[operation.key] = operation
        return operation

    def acknowledge(self, operation: Operation, answer: dict[str, Any]) -> None:
        """Note a yes; a second yes must say the same."""
        with self._lock:
            if operation.outcome is Outcome.ACKNOWLEDGED:
                if _lasting(operation, answer) != _lasting(operation, operation.answer):
                    self.wrong.append(f"{operation.kind} {operation.key} was answered differently: {answer}")
                return
            operation.outcome, operation.answer = Outcome.ACKNOWLEDGED, answer
            self._acknowledged += 1

    def refuse(self, operation: Operation, answer: dict[str, Any]) -> None:
        """Note a no. Nobody may say no to what was said yes to."""
        with self._lock:
            if operation.outcome is Outcome.ACKNOWLEDGED:
                self.wrong.append(
                    f"{operation.kind} {operation.key} was acknowledged, then refused: {answer}"
                )
            else:
                operation.outcome, operation.answer = Outcome.REFUSED, answer

    def accuse(self, what: str) -> None:
        """Note what no answer may be."""
        with self._lock:
            self.wrong.append(what)

    def count(self, status: int) -> None:
        """Count an answer; 0 is none."""
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1

    @property
    def acknowledged(self) -> int:
        """How many operations were said yes to."""
        with self._lock:
            return self._acknowledged

    def of(self, *kinds: Kind) -> Iterator[Operation]:
        """The operations of these kinds, all if none is named."""
        with self._lock:
            found = list(self._operations.values())
        return (each for each in found if not kinds or each.kind in kinds)


def _lasting(operation: Operation, answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer stays as it was: a purchase moves on, and its page is told once it is there."""
    if operation.kind is Kind.PURCHASE:
        return {name: answer.get(name) for name in ("id", "package", "total_tokens", "amount_cents")}
    return answer
