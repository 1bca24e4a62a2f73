"""Whether the process lives, and whether the installation can serve: /healthz and /readyz."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from config import limits

FIRESTORE_ADDRESS = ("firestore.googleapis.com", 443)
STRIPE_API_URL = "https://api.stripe.com"


@dataclass(frozen=True)
class Probe:
    """One system to look at: `look` raises OSError or RedisError where it does not answer."""

    name: str
    look: Callable[[], None]


class SideSystems:
    """What the installation can do without for a while; an answer about it holds for some seconds.

    The looking is done in threads, since not even a name's resolution is bounded, and waited for in common.
    """

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = probes
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(len(probes), thread_name_prefix="probe")
        self._looks: dict[str, tuple[float, Future[str]]] = {}

    def states(self) -> dict[str, str]:
        """Tell `ok` or `degraded` for each system."""
        with self._lock:
            looks = {probe.name: self._recent_look(probe) for probe in self._probes}
        wait(looks.values(), timeout=limits.PROBES_SECONDS_MAX)
        return {name: look.result() if look.done() else "degraded" for name, look in looks.items()}

    def _recent_look(self, probe: Probe) -> Future[str]:
        now = time.monotonic()
        started, look = self._looks.get(probe.name, (0.0, None))
        if look is None or (look.done() and now - started > limits.PROBE_HOLDS_SECONDS):
            look = self._threads.submit(_state, probe)
            self._looks[probe.name] = now, look
        return look


def _state(probe: Probe) -> str:
    try:
        probe.look()
    except (OSError, redis.RedisError):
        return "degraded"
    return "ok"


class HealthMiddleware:
    """Answers /healthz and /readyz before hosts, https and sessions are looked at.

    A probe comes from inside, under whatever name, over plain http and without an account.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass everything else on."""
        if request.path_info == "/healthz":
            return _answer({"status": "alive"}, 200)
        if request.path_info == "/readyz":
            return readiness()
        return self.get_response(request)


def readiness() -> HttpResponseBase:
    """Tell 503 only without the database; the rest catches up, and is told as degraded with 200."""
    if not _database_answers():
        return _answer({"status": "unavailable", "checks": {"database": "unavailable"}}, 503)
    states = _side_systems.states()
    degraded = any(state != "ok" for state in states.values())
    return _answer(
        {"status": "degraded" if degraded else "ready", "checks": {"database": "ok", **states}}, 200
    )


def _answer(body: dict[str, object], status: int) -> JsonResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _database_answers() -> bool:
    """Ask for one; the settings bound how long connecting, a pooled connection and the statement take."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def look_at_redis() -> None:
    """Ask Redis for a PONG."""
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=limits.REDIS_CONNECT_SECONDS_MAX,
        socket_timeout=limits.REDIS_ANSWER_SECONDS_MAX,
        retry=None,
    )
    with client:
        client.ping()


def look_at_firestore() -> None:
    """Connect to Firestore, or to its emulator, without asking it anything."""
    emulator = settings.FIRESTORE_EMULATOR_HOST
    address = urlsplit(f"//{emulator}") if emulator else None
    _connect((address.hostname or "", address.port or 0) if address else FIRESTORE_ADDRESS)


def look_at_stripe() -> None:
    """Connect to Stripe's API, or to its stand-in, without asking it anything."""
    address = urlsplit(settings.STRIPE_API_BASE or STRIPE_API_URL)
    _connect((address.hostname or "", address.port or (443 if address.scheme == "https" else 80)))


def _connect(address: tuple[str, int]) -> None:
    socket.create_connection(address, timeout=limits.PROBE_SECONDS_MAX).close()


_side_systems = SideSystems(
    [Probe("redis", look_at_redis), Probe("firestore", look_at_firestore), Probe("stripe", look_at_stripe)]
)
