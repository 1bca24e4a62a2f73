"""What a check finds, and how it says so."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from config import limits

Seen = TypeVar("Seen")


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    FOR_A_PERSON = "for a person"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's end, in words for the operator."""

    check: str
    verdict: Verdict
    words: str
    seconds: float


class NotAsItShould(Exception):
    """A check found something wrong; the text says what."""

    verdict = Verdict.FAILED


class CannotBeSeen(Exception):
    """A check cannot be made here; the text says why."""

    verdict = Verdict.SKIPPED


class PersonNeeded(Exception):
    """A check leads to something that a person has to do; the text says what."""

    verdict = Verdict.FOR_A_PERSON


def wait_until_right(look: Callable[[], Seen]) -> Seen:
    """Look until nothing is wrong, for as long as what follows by itself may take; give what was seen.

    :raises NotAsItShould: it is still wrong at the end.
    """
    deadline = time.monotonic() + limits.SMOKE_PATIENCE_SECONDS
    while True:
        try:
            return look()
        except NotAsItShould:
            if time.monotonic() > deadline:
                raise
        time.sleep(limits.SMOKE_PAUSE_SECONDS)
