"""The sandbox's time: the machine's clock plus what tests have advanced it by."""

import time

from sandbox.stripe.store import Store


class Clock:
    """Moves `created` times, session expiry and webhook retries; signatures carry the machine's own time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset: float = store.setting("clock_offset", 0.0)

    def now(self) -> int:
        """Return the sandbox's time in whole seconds since 1970."""
        return int(self.precisely())

    def precisely(self) -> float:
        """Return the sandbox's time in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Jump ahead; kept across restarts."""
        self._offset += seconds
        self._store.keep("clock_offset", self._offset)

    def forget(self) -> None:
        """Go back to the machine's time."""
        self._offset = 0.0
