"""Python runs this first in a process that has its directory on PYTHONPATH: sets the failpoints there.

A point is struck when its file is there: the process that removes the file is the one that dies. It imports
nothing of the product, and the product nothing of it.
"""

import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

DIRECTORY = "FAILPOINTS"
HELD_SECONDS_MAX = 30.0
POLL_SECONDS = 0.005


@dataclass(frozen=True)
class Point:
    """Before or after a call of a function of a module, or only of the calls that `concerns` names."""

    module: str
    function: str
    is_after: bool
    concerns: Callable[[dict[str, Any]], bool] = lambda _arguments: True


def _tells_of_a_payment(arguments: dict[str, Any]) -> bool:
    event = arguments.get("event")
    event_type = event.type if event else arguments.get("event_type")
    return bool(event_type == "checkout.session.completed")


POINTS = {
    # The web process
    "credited, not committed": Point("payments.services.events", "handle", True, _tells_of_a_payment),
    "credited, not answered": Point("payments.services.inbox", "receive_event", True, _tells_of_a_payment),
    "committed, nobody woken": Point("payments.services.inbox", "_wake_workers", False),
    "spent, not answered": Point("tokens.services.spending", "spend", True),
    "held, not answered": Point("tokens.services.holds", "place", True),
    "hold resolved, not answered": Point("tokens.services.holds", "capture", True),
    "kept the answer, not given": Point("foundation.services.idempotency", "run_once", True),
    "purchase noted, not at Stripe": Point("payments.services.purchases", "_create", True),
    "session opened, not noted": Point("payments.services.purchases", "_create_session", True),
    # A worker
    "read, not committed to Firestore": Point("mirror.gateways.firestore", "commit", False),
    "committed to Firestore, not noted": Point("mirror.gateways.firestore", "commit", True),
    "claimed, not delivered": Point("mirror.services.outbox", "claim", True),
    "delivered, not settled": Point("mirror.services.batches", "settle", False),
    "in the middle of the inbox's sweep": Point("payments.services.inbox", "process_event", True),
    "in the middle of the purchases' sweep": Point("payments.services.sweeps", "_ask", True),
}


def strike(name: str) -> None:
    """Die here, or wait here, if a test has armed the point."""
    armed = Path(os.environ[DIRECTORY], f"{name}.armed")
    held = armed.with_suffix(".held")
    try:
        armed.rename(held)
    except FileNotFoundError:
        return
    if held.read_text() == "die":
        held.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    deadline = time.monotonic() + HELD_SECONDS_MAX
    while held.exists() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _with_point(function: Callable[..., Any], name: str, point: Point) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*arguments: Any, **named: Any) -> Any:
        concerns = point.concerns(named)
        if concerns and not point.is_after:
            strike(name)
        answer = function(*arguments, **named)
        if concerns and point.is_after:
            strike(name)
        return answer

    return watched


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what the path has, and sets the points once a module is there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        points = {name: point for name, point in POINTS.items() if point.module == fullname}
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target) if points else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                for name, point in points.items():
                    setattr(module, point.function, _with_point(getattr(module, point.function), name, point))

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one loader
        return spec


if DIRECTORY in os.environ:
    sys.meta_path.insert(0, _Finder())
