"""Run the demo: ./dev demo [--port 8000] [--fresh]."""

import argparse
import json
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from sandbox.demo import product
from sandbox.demo.directory import DemoDirectory, wait_until_free
from sandbox.demo.people import PEOPLE
from sandbox.demo.systems import Systems, start_systems
from sandbox.processes import Child, SandboxError, stop_all

DIRECTORY = product.ROOT / ".demo"
WATCH_SECONDS = 0.2
PORT_MAX = 65_535


class Interrupted(BaseException):
    """Somebody wants the demo to stop."""


def main() -> int:
    """Run until told to stop; give the exit status."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    started = time.monotonic()
    directory = DemoDirectory(options.directory)
    pool = ThreadPoolExecutor()
    try:
        directory.lock()
    except SandboxError as error:
        sys.exit(str(error))
    try:
        _prepare(directory, options.port, fresh=options.fresh)
        print("Starting PostgreSQL, Redis, Firestore, Stripe and the site ...", flush=True)
        systems, children = _start(directory, options.port, pool)
        _tell(directory, options.port, systems, time.monotonic() - started)
        _watch(children)
    except SandboxError as error:
        print(f"\nThe demo stops: {error}", file=sys.stderr, flush=True)
        return 1
    except Interrupted:
        print("\nStopping ...", flush=True)
    finally:
        _ignore_signals()
        stop_all(first=product.NAMES)
        pool.shutdown(cancel_futures=True)
        directory.environment.unlink(missing_ok=True)
    print(f"Stopped. The data stays in {directory.path}.")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev demo", description="Run everything on this machine.")
    parser.add_argument("--port", type=_port, default=8000, help="the site's port, 8000 if not given")
    parser.add_argument("--fresh", action="store_true", help="remove the data of earlier runs first")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the data is kept")
    return parser.parse_args()


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= PORT_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()  # whoever presses Ctrl-C twice still gets a clean stop
    raise Interrupted


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _prepare(directory: DemoDirectory, port: int, *, fresh: bool) -> None:
    """Refuse a port that is taken; remove old data if asked."""
    if not wait_until_free(port):
        raise SandboxError(f"port {port} is in use by another program. Take another: ./dev demo --port 8080")
    if fresh:
        directory.clear()


def _start(directory: DemoDirectory, port: int, pool: ThreadPoolExecutor) -> tuple[Systems, list[Child]]:
    """Start everything; what does not wait for another starts at the same time."""
    systems = start_systems(directory, port, pool)
    environment, logs = systems.environment, directory.logs
    web = product.start_web(port, environment, logs)
    product.prepare_database(environment, logs)
    worker = product.start_worker(environment, logs)
    beat = product.start_beat(environment, logs)
    product.wait_for_site(web, port)
    product.wait_for_worker(worker)
    return systems, [web, worker, beat, *(server.child for server in systems.servers if server.child)]


def _watch(children: list[Child]) -> None:
    """Wait until a child dies, which is never right, or until somebody stops us."""
    while True:
        for child in children:
            if not child.is_running():
                raise child.failure(f"ended with status {child.process.returncode}")
        time.sleep(WATCH_SECONDS)


def _tell(directory: DemoDirectory, port: int, systems: Systems, seconds: float) -> None:
    """Print what a person needs to know, and keep the environment for ./dev manage."""
    directory.environment.write_text(json.dumps(systems.product))
    site = f"http://localhost:{port}"
    width = max(len(person.email) for person in PEOPLE)
    secret_width = max(len(person.password) for person in PEOPLE)
    lines = [
        f"Ready after {seconds:.1f} s, on {', '.join(server.source for server in systems.servers)}.",
        "",
        f"  The site    {site}/",
        f"  The admin   {site}/admin/",
        f"  Stripe      {systems.stripe_url}/  (pays with card 4242 4242 4242 4242)",
        "",
        "  Sign in as",
        *(f"    {p.email:<{width}}  {p.password:<{secret_width}}  {p.part}" for p in PEOPLE),
        "  Staff need no second factor here (STAFF_SECOND_FACTOR=off); in production nothing starts without it.",
        "",
        f"  Logs        {directory.logs}",
        "  Ctrl-C stops everything; the data is kept, and --fresh removes it.",
    ]
    print("\n".join(lines), flush=True)


if __name__ == "__main__":
    sys.exit(main())
