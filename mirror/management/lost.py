"""What a restore has lost: a table for people, lines of JSON for programs. Each line is written as it is found."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, TextIO

from mirror.kinds import Loss, Return

LINE = "{what:<16} {amount:>12} {whose:<38} {at:<20} {returns:<12} {words}"
HEAD = {
    "what": "lost",
    "amount": "tokens",
    "whose": "of",
    "at": "when (UTC)",
    "returns": "comes back",
    "words": "",
}


def write_losses(losses: Iterable[Loss], *, people: Any, programs: TextIO | None) -> None:
    """Write each loss, and what all of them come to by what they are and whether they come back.

    :param people: where the table goes: an output of Django's
    :param programs: where each loss goes as a line of JSON, and the totals as the last one
    """
    counts, amounts = Counter[tuple[str, Return]](), Counter[tuple[str, Return]]()
    for loss in losses:
        if not counts:
            people.write(LINE.format(**HEAD))
        people.write(LINE.format(**_plain(loss)).rstrip())
        _write_json(programs, asdict(loss))
        counts[loss.what, loss.returns] += 1
        amounts[loss.what, loss.returns] += loss.amount
    for (what, returns), count in sorted(counts.items()):
        tokens = amounts[what, returns]
        people.write(f"{count} of {what}: {tokens:+} tokens in all; comes back: {returns}.")
    if not counts:
        people.write("Firestore shows nothing that the database lacks or has otherwise.")
    totals = [
        {"what": what, "returns": returns, "count": count, "tokens": amounts[what, returns]}
        for (what, returns), count in sorted(counts.items())
    ]
    _write_json(programs, {"totals": totals})


def _plain(loss: Loss) -> dict[str, str]:
    at = f"{loss.at:%Y-%m-%d %H:%M:%S}" if loss.at else ""
    return {**asdict(loss), "amount": f"{loss.amount:+}", "at": at, "returns": loss.returns.value}


def _write_json(programs: TextIO | None, told: dict[str, Any]) -> None:
    if programs:
        programs.write(json.dumps(told, default=str) + "\n")
