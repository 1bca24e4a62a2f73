"""Starts the Stripe sandbox as a process of its own, or uses one at an address."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import Server, spawn, wait_for_line

ROOT = Path(__file__).resolve().parent.parent
ADDRESS_PREFIX = "STRIPE_API_BASE="


def start_stripe(
    directory: Path,
    *,
    port: int = 0,
    arguments: tuple[str, ...] = (),
    environment: Mapping[str, str] = os.environ,
) -> Server:
    """Start the Stripe sandbox with its objects in `directory`; the server's url is the API's base.

    :param port: 0 takes a free one
    :param arguments: further options of `python -m sandbox.stripe`
    :raises SandboxError: when it does not start
    """
    if address := environment.get("STRIPE_API_BASE"):
        return Server(address, "Stripe at STRIPE_API_BASE")
    directory.mkdir(parents=True, exist_ok=True)
    files = ("--db", str(directory / "stripe.db"), "--journal", str(directory / "journal.jsonl"))
    command = [sys.executable, "-m", "sandbox.stripe", "--port", str(port), *files, *arguments]
    log = directory / "stripe.log"
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    child = spawn("Stripe sandbox", command, log=log, environment=unbuffered, directory=ROOT)
    return Server(wait_for_line(child, ADDRESS_PREFIX), "Stripe sandbox", child.stop, child)
