"""Work that counts how often it is done, and the one call that the tests make."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from foundation.services.idempotency import Answer, run_once

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CREATED = Answer(201, {"id": "1"})


class Work:
    """Counts how often it was done."""

    def __init__(self, answer: Answer | Exception = CREATED) -> None:
        self.answer = answer
        self.times = 0

    def __call__(self) -> Answer:
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def once(work: Callable[[], Answer], **changes: Any) -> Answer:
    facts: dict[str, Any] = {"owner": "user:alice", "key": "k1", "request": b"POST /a {}", "now": NOON}
    return run_once(work=work, **facts | changes)


class Crash(BaseException):
    """What a killed process leaves: no answer, and no release."""


def crash() -> Answer:
    raise Crash
