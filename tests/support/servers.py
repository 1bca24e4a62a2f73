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
from tests.support.judge import CHECKER, faults_in_journal

SITE_URL = "http://localhost:8000"
PROJECT = "demo-tests"
DIRECTORY_PREFIX = "token-economy-tests-"
WORKER = "PYTEST_XDIST_WORKER"
STRIPE_OF_OUR_OWN = "TESTS_STRIPE_DIRECTORY"  # tells the workers that each starts its own, and where
EMULATOR_AT_HAND = "TESTS_EMULATOR_AT_HAND"  # tells the workers what the controller found
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SYSTEMS = (
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "REDIS_URL",
    "FIRESTORE_EMULATOR_HOST",
    "STRIPE_API_BASE",
)
NO_START = {"-h", "--help", "--version", "-V", "--fixtures", "--markers"}


class Servers:
    """The systems of one test run."""

    def __init__(self) -> None:
        remove_leftovers()
        self.directory = Path(tempfile.mkdtemp(prefix=f"{DIRECTORY_PREFIX}{os.getpid()}-"))
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


def environment_without_systems() -> dict[str, str]:
    """This process's environment without the addresses of its systems, for one that starts its own."""
    return {name: value for name, value in os.environ.items() if name not in SYSTEMS}


def remove_leftovers() -> None:
    """Remove the directories of runs that were killed; their servers died with them."""
    for path in Path(tempfile.gettempdir()).glob(f"{DIRECTORY_PREFIX}*"):
        try:
            os.kill(int(path.name.removeprefix(DIRECTORY_PREFIX).partition("-")[0]), 0)
        except ProcessLookupError:
            shutil.rmtree(path, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


_servers: Servers | None = None
_stripe: Server | None = None


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
    if _servers.running[3].child:
        os.environ[STRIPE_OF_OUR_OWN] = str(_servers.directory)
    _set_environment(addresses)
    is_emulator = "stand-in" not in _servers.running[2].source
    os.environ[EMULATOR_AT_HAND] = "1" if is_emulator else ""


def _set_environment(addresses: Addresses) -> None:
    os.environ.update(product_environment(addresses, site_url=SITE_URL, project=PROJECT))


def _set_worker_environment(number: int) -> None:
    """Give a worker a Redis database, a Firestore project and a Stripe; pytest-django gives a database.

    Tests hold back, drop and reset what Stripe delivers: two workers at one Stripe would undo each other.
    """
    global _stripe  # noqa: PLW0603 - one per worker, stopped at its end
    if directory := os.environ.get(STRIPE_OF_OUR_OWN):
        _stripe = start_stripe(Path(directory) / f"stripe-{number}", environment={})
        os.environ["STRIPE_API_BASE"] = _stripe.url
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
    if not find_gcloud_commands():
        gaps["gcloud"] = "Google Cloud's command line was not found (Debian: apt install google-cloud-cli)"
    return gaps


def find_gcloud_commands() -> Path | None:
    """Find the tree of all of gcloud's commands, which it completes command lines with."""
    program = shutil.which("gcloud")
    tree = program and Path(program).resolve().parents[1] / "data" / "cli" / "gcloud_completions.py"
    return tree if tree and tree.exists() else None


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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Judge every object that a Stripe sandbox gave to anybody in this run by Stripe's own description."""
    if _servers is None or not CHECKER.exists():
        return
    faults = {
        fault
        for path in _servers.directory.glob("stripe*/journal.jsonl")
        for fault in faults_in_journal(path)
    }
    if faults:
        _stripe_faults.extend(sorted(faults))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_stripe_faults: list[str] = []


def pytest_report_header() -> list[str]:
    """Say which systems run, where they came from, and what is missing."""
    if _servers is None:
        return []
    sources = ", ".join(server.source for server in _servers.running)
    return [f"servers: {sources}", *_warnings()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat at the end what was left out."""
    for fault in _stripe_faults:
        terminalreporter.write_line(f"NOT AS STRIPE'S: {fault}", red=True, bold=True)
    if _servers is not None:
        for warning in _warnings():
            terminalreporter.write_line(warning, yellow=True, bold=True)


def _warnings() -> list[str]:
    return [f"NOT RUN: tests marked {marker}: {why}" for marker, why in missing().items()]


def pytest_unconfigure() -> None:
    """Stop the servers, whatever happened to the tests."""
    global _servers, _stripe  # noqa: PLW0603 - see above
    if _stripe is not None:
        _stripe.stop()
        _stripe = None
    if _servers is not None:
        _servers.stop()
        _servers = None
