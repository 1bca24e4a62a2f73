"""Starts the sandbox: `python -m sandbox.stripe --port 0 --db FILE`.

The first line on standard output is `STRIPE_API_BASE=…`, when it is ready. SIGTERM and Ctrl-C end it.
"""

import argparse
import logging
import signal
import threading
from pathlib import Path

from sandbox.stripe.app import Sandbox
from sandbox.stripe.config import Config
from sandbox.stripe.limits import DELIVERY_WORKERS, RETRY_SECONDS
from sandbox.stripe.server import Server
from sandbox.stripe.site import Site


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stripe", description="A stand-in for Stripe.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--db", required=True, help="the SQLite file, or :memory:")
    parser.add_argument("--public-url", help="how browsers reach the pay page, if not at host and port")
    parser.add_argument("--merchant", default="Sandbox Shop", help="the name on the pay page")
    parser.add_argument("--endpoint", help="a webhook endpoint to register, or update, at start")
    parser.add_argument("--endpoint-secret", help="its signing secret, whsec_…")
    parser.add_argument("--endpoint-events", default="*", help="its event types, comma-separated")
    parser.add_argument(
        "--retry-seconds",
        type=_seconds,
        default=RETRY_SECONDS,
        help="waits between the attempts to deliver a webhook, comma-separated",
    )
    parser.add_argument("--delivery-workers", type=int, default=DELIVERY_WORKERS)
    parser.add_argument(
        "--journal", type=Path, help="write down every object returned and event sent, as JSON lines"
    )
    return parser.parse_args()


def _seconds(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(",") if part)


def _make(arguments: argparse.Namespace, address: str) -> Sandbox:
    sandbox = Sandbox(
        Config(
            database=arguments.db,
            public_url=(arguments.public_url or address).rstrip("/"),
            merchant=arguments.merchant,
            retry_seconds=arguments.retry_seconds,
            delivery_workers=arguments.delivery_workers,
            journal=arguments.journal,
        )
    )
    if arguments.endpoint:
        types = arguments.endpoint_events.split(",")
        sandbox.register_endpoint(arguments.endpoint, arguments.endpoint_secret, types)
    return sandbox


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(level=logging.INFO)
    arguments = _arguments()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    server = Server(arguments.host, arguments.port)
    address = f"http://{arguments.host}:{server.server_port}"
    sandbox = _make(arguments, address)
    server.site = Site(sandbox)
    sandbox.start()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="server", daemon=True)
    thread.start()
    print(f"STRIPE_API_BASE={address}", flush=True)
    stopping.wait()
    server.shutdown()
    server.server_close()
    sandbox.stop()


if __name__ == "__main__":
    main()
