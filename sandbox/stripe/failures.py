"""Trouble on order: the next API requests fail, stall, or lose their answers."""

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.stripe.errors import ControlError

#: status: answer with an error · reset: break the connection before anything is done ·
#: reset_after: do the work, then break the connection · delay: stall first, then work as usual.
KINDS = ("status", "reset", "reset_after", "delay")
_DELAY_SECONDS_MAX = 60.0


@dataclass
class Failure:
    """One order: how the next `left` matching requests fail. `path` may hold `*`."""

    kind: str
    left: int
    method: str = "*"
    path: str = "*"
    status: int = 500
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ControlError(f"kind must be one of {', '.join(KINDS)}")
        if not 0 <= self.seconds <= _DELAY_SECONDS_MAX:
            raise ControlError(f"seconds must be between 0 and {_DELAY_SECONDS_MAX}")


class Failures:
    """The orders that are still to be carried out, oldest first; not kept across restarts."""

    def __init__(self) -> None:
        self._orders: list[Failure] = []
        self._lock = threading.Lock()

    def order(self, failure: Failure) -> None:
        """Add an order."""
        with self._lock:
            self._orders.append(failure)

    def take(self, method: str, path: str) -> Failure | None:
        """Use up one failure that was ordered for this request."""
        if not self._orders:
            return None
        with self._lock:
            for failure in self._orders:
                if fnmatchcase(method, failure.method) and fnmatchcase(path, failure.path):
                    failure.left -= 1
                    self._orders = [order for order in self._orders if order.left > 0]
                    return failure
        return None

    def clear(self) -> None:
        """Cancel all orders."""
        with self._lock:
            self._orders = []
