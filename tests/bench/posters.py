"""Processes that post when they are told: `tests.bench.posting`."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Self

from tests.bench.http_load import WrongAnswer
from tests.bench.serving import ROOT
from tests.bench.stage import Place

PEERS_SETTINGS = "tests.bench.peer.hordak_settings"


def as_owner(place: Place) -> dict[str, str]:
    """The environment of whoever writes round the product's functions: as the tables' owner."""
    return {**place.environment, "DATABASE_URL": place.owners_url}


def as_hordak(place: Place) -> dict[str, str]:
    """The peer's environment: its own settings, the same database."""
    return {**as_owner(place), "DJANGO_SETTINGS_MODULE": PEERS_SETTINGS}


class Talker:
    """A process that answers each line with a line; the first it says by itself, when it is ready.

    It logs errors alone, as this process does: a line for each entry would bury the figures.
    """

    def __init__(self, module: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**environment, "LOG_LEVEL": "ERROR"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # the end of its input ends it

    def ask(self, line: str) -> float:
        """Say a line; give the number that is the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return float(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise WrongAnswer("A process of the bench ended; what went wrong stands above.")
        return line


class Posters(Talker):
    """Some who post in several processes each when they are told, one of them at a time."""

    def __init__(self, environment: Mapping[str, str], *posters: tuple[str, int, int]) -> None:
        """Each poster is a way, a number of processes and a number of wallets."""
        arguments = [":".join(map(str, poster)) for poster in posters]
        super().__init__("tests.bench.posting", arguments, environment)

    def rate(self, number: int, seconds: float) -> float:
        """How often a second one of them posted, all its processes together."""
        return self.ask(f"{number} {seconds}")
