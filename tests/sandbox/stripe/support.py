"""A receiver of webhooks that answers as it is told, and a sandbox process that can be killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import stripe

from sandbox.stripe.client import SandboxControls

KEY = "sk_test_" + "a" * 24
SECRET = "whsec_" + "s" * 32
ROOT = Path(__file__).resolve().parents[3]


def stripe_client(base_url: str, key: str = KEY) -> stripe.StripeClient:
    """The unmodified library, pointed at a sandbox. It does not retry by itself."""
    return stripe.StripeClient(key, base_addresses={"api": base_url}, max_network_retries=0)


@dataclass
class Received:
    """One webhook as it arrived."""

    signature: str
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


@dataclass
class Receiver:
    """A small server; it answers with the next of `answers`, and with 200 when there is none left."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: deque[int] = field(default_factory=deque)
    on_receive: Callable[[], None] = lambda: None

    def types(self) -> list[str]:
        return [received.event["type"] for received in self.received]

    def clear(self) -> None:
        self.received.clear()


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received = Received(self.headers["Stripe-Signature"], body, dict(self.headers.items()))
            receiver.received.append(received)
            receiver.on_receive()
            self.send_response(receiver.answers.popleft() if receiver.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield receiver
        server.shutdown()


@dataclass
class SandboxProcess:
    """One sandbox, started by its command line."""

    process: subprocess.Popen[str]
    base_url: str

    @property
    def controls(self) -> SandboxControls:
        return SandboxControls(self.base_url)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def running_sandbox(database: Path, *arguments: str) -> Iterator[SandboxProcess]:
    """A sandbox of its own, ended at the end if it still runs."""
    command = [sys.executable, "-m", "sandbox.stripe", "--db", str(database), *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        name, _, address = process.stdout.readline().strip().partition("=")
        assert name == "STRIPE_API_BASE"
        try:
            yield SandboxProcess(process, address)
        finally:
            if process.poll() is None:
                process.kill()


@dataclass
class Answer:
    """An HTTP answer as a browser without redirects sees it."""

    status: int
    headers: dict[str, str]
    text: str


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def browse(
    url: str,
    form: dict[str, str] | None = None,
    *,
    method: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Get a page, or post a form; redirects are not followed."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.build_opener(_StayHere).open(request, timeout=30) as response:
            return Answer(response.status, dict(response.headers.items()), response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers.items()), error.read().decode())


def open_session(client: Any, **changes: Any) -> Any:
    """A session for one Basic package at $14.99."""
    price_data = {"currency": "usd", "unit_amount": 1499, "product_data": {"name": "Basic"}}
    params = {
        "mode": "payment",
        "line_items": [{"price_data": price_data, "quantity": 1}],
        "success_url": "http://shop.test/success?session_id={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/cancel",
    }
    return client.v1.checkout.sessions.create(params | changes)
