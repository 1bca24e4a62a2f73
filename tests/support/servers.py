"""A pytest plugin: starts what the tests need, once, before Django's settings are read.

Load it with `-p tests.support.servers`. PostgreSQL, Redis, Firestore and the Stripe sandbox start
in the process that the developer started; xdist's workers inherit the environment and take a Redis
database and a Firestore project each. A system at an address in the environment is used as it is.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from sandbox import places
from sandbox.environment import Addresses, product_environment
from sandbox.firestore.launcher import find_emulator_jar, start_firestore
from sandbox.postgres import start_postgres
from sandbox.processes import SandboxError, Server
from sandbox.redis import start_redis
from sandbox.stripe_process import start_stripe

SITE_URL = "http://localhost:8000"
PROJECT = "demo-tests"
WORKER = "PYTEST_XDIST_WORKER"
EMULATOR_AT_HAND = "TESTS_EMULATOR_AT_HAND"  # tells the workers what the controller found
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_START = {"-h", "--help", "--version", "-V", "--fixtures", "--markers"}


class Servers:
    """The systems of one test run."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="tests-"))
        self.directory.chmod(0o755)  # PostgreSQL may run as a user who has to get in
        self.running: list[Server] = []

    def start(self) -> Addresses:
        """Start all systems at once; give their addresses."""
        starts: list[Callable[[], Server]] = [
            lambda: start_postgres(self.directory / "postgres", durable=False),
            lambda: start_redis(self.directory / "redis"),
            lambda: start_firestore(self.directory),
            self._start_stripe,
        ]
        with ThreadPoolExecutor(len(starts)) as pool:
            futures = [pool.submit(start) for start in starts]
        self.running = [future.result() for future in futures if not future.exception()]
        self._raise_first_failure(futures)
        return Addresses(*(server.url for server in self.running))

    def _start_stripe(self) -> Server:
        return start_stripe(self.directory / "stripe")

    def _raise_first_failure(self, futures: list[Future[Server]]) -> None:
        for future in futures:
            if error := future.exception():
                self.stop()
                raise pytest.UsageError(str(error)) from error

    def stop(self) -> None:
        """Stop what was started, and remove its files."""
        for server in self.running:
            if server.child:
                server.child.ask_to_stop()
        for server in self.running:
            server.stop()
        places.remove(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)


_servers: Servers | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None]:
    """Set the environment before pytest-django, also called here, reads the settings."""
    if worker := os.environ.get(WORKER):
        _set_worker_environment(int(worker.removeprefix("gw")) + 1)
    elif not NO_START & set(args):
        _start_servers()
    else:
        _set_environment(Addresses("postgresql:///none", "redis://127.0.0.1:9/0", "127.0.0.1:9", ""))
    try:
        return (yield)
    except BaseException:  # pytest does not call pytest_unconfigure when it fails this early
        pytest_unconfigure()
        raise


def _start_servers() -> None:
    global _servers  # noqa: PLW0603 - one set of servers per process, stopped at its end
    refuse_gaps_in_ci()
    _servers = Servers()
    try:
        addresses = _servers.start()
    except SandboxError as error:
        raise pytest.UsageError(str(error)) from error
    _set_environment(addresses)
    is_emulator = "stand-in" not in _servers.running[2].source
    os.environ[EMULATOR_AT_HAND] = "1" if is_emulator else ""


def _set_environment(addresses: Addresses) -> None:
    os.environ.update(product_environment(addresses, site_url=SITE_URL, project=PROJECT))


def _set_worker_environment(number: int) -> None:
    """Give a worker its own Redis database and Firestore project; pytest-django gives a database."""
    redis = urlsplit(os.environ["REDIS_URL"])
    os.environ["REDIS_URL"] = urlunsplit(redis._replace(path=f"/{number}"))
    os.environ["GOOGLE_CLOUD_PROJECT"] = f"{PROJECT}-{number}"


def missing() -> dict[str, str]:
    """Tell which markers cannot run here: marker and what to install."""
    gaps = {}
    if not find_chromium():
        gaps["browser"] = "Chromium was not found (Debian: apt install chromium; or CHROMIUM_PATH)"
    if not os.environ.get(EMULATOR_AT_HAND):
        gaps["emulator"] = (
            "Google's Firestore emulator or Java was not found (Debian: apt install "
            "default-jre-headless google-cloud-cli-firestore-emulator)"
        )
    return gaps


def refuse_gaps_in_ci() -> None:
    """Fail where CI is set and something is missing: tests that nobody runs protect nothing."""
    at_hand = os.environ.get("FIRESTORE_EMULATOR_HOST") or find_emulator_jar()
    os.environ[EMULATOR_AT_HAND] = "1" if at_hand else ""
    if os.environ.get("CI") and (gaps := missing()):
        raise pytest.UsageError("CI is set, but " + "; ".join(gaps.values()))


def find_chromium() -> str | None:
    """Find Chromium: at CHROMIUM_PATH, else on the path."""
    if place := os.environ.get("CHROMIUM_PATH"):
        return place
    return next((hit for name in CHROMIUM_NAMES if (hit := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that cannot run here."""
    gaps = missing()
    left_out = [item for item in items if any(item.get_closest_marker(gap) for gap in gaps)]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_report_header() -> list[str]:
    """Say which systems run, where they came from, and what is missing."""
    if _servers is None:
        return []
    sources = ", ".join(server.source for server in _servers.running)
    return [f"servers: {sources}", *_warnings()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat at the end what was left out."""
    if _servers is not None:
        for warning in _warnings():
            terminalreporter.write_line(warning, yellow=True, bold=True)


def _warnings() -> list[str]:
    return [f"NOT RUN: tests marked {marker}: {why}" for marker, why in missing().items()]


def pytest_unconfigure() -> None:
    """Stop the servers, whatever happened to the tests."""
    global _servers  # noqa: PLW0603 - see above
    if _servers is not None:
        _servers.stop()
        _servers = None
