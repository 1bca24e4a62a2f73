"""Whether the process lives, and whether the installation can serve: /healthz and /readyz, by two names each."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from config import limits
from mirror.queries import health as mirror_health
from mirror.queries import outbox
from payments.queries import inbox

# Google's front end keeps /healthz to itself and answers 404: https://cloud.google.com/run/docs/known-issues
ALIVE = ("/healthz", "/health/live")
READY = ("/readyz", "/health/ready")
STRIPE_API_URL = "https://api.stripe.com"
Look = Callable[[], bool]


class HealthMiddleware:
    """Answers probes before hosts, https and sessions are looked at.

    A probe comes from inside, under whatever name, over plain http and without an account.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass everything else on."""
        if request.path_info in ALIVE:
            return _answer({"status": "alive", "version": settings.VERSION}, 200)
        if request.path_info in READY:
            return readiness()
        return self.get_response(request)


def readiness() -> JsonResponse:
    """Tell 503 only without the database; the rest catches up, and is told as degraded with 200."""
    if not _ask_the_database(lambda: True):
        return _answer({"status": "unavailable", "checks": {"database": "unavailable"}}, 503)
    fine = {name: _ask_the_database(look) for name, look in BACKLOGS.items()} | side_systems.look()
    checks = {"database": "ok", **{name: "ok" if is_fine else "degraded" for name, is_fine in fine.items()}}
    return _answer({"status": "ready" if all(fine.values()) else "degraded", "checks": checks}, 200)


def _answer(body: dict[str, object], status: int) -> JsonResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _ask_the_database(look: Look) -> bool:
    """Ask something; the settings bound how long connecting takes, and this how long the answer."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{limits.PROBE_STATEMENT_SECONDS_MAX}s'")
            return look()
    except DatabaseError:
        return False


def _mirror_keeps_up() -> bool:
    return outbox.lag_seconds(timezone.now()) < limits.BACKLOG_SECONDS_MAX


def _inbox_keeps_up() -> bool:
    return inbox.lag_seconds(timezone.now()) < limits.BACKLOG_SECONDS_MAX


BACKLOGS: Mapping[str, Look] = {"mirror_backlog": _mirror_keeps_up, "inbox_backlog": _inbox_keeps_up}


class SideSystems:
    """What the installation can do without for a while; an answer about it holds for some seconds.

    The looking is done in threads, since not even a name's resolution is bounded, and waited for in common.
    """

    def __init__(self, looks: Mapping[str, Look]) -> None:
        self._looks = looks
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(len(looks), thread_name_prefix="probe")
        self._recent: dict[str, tuple[float, Future[bool]]] = {}

    def look(self) -> dict[str, bool]:
        """Tell of each system whether it answered lately."""
        with self._lock:
            answers = {name: self._recent_answer(name, look) for name, look in self._looks.items()}
        wait(answers.values(), timeout=limits.PROBES_SECONDS_MAX)
        return {name: answer.done() and answer.result() for name, answer in answers.items()}

    def forget(self) -> None:
        """Ask anew next time."""
        with self._lock:
            self._recent.clear()

    def _recent_answer(self, name: str, look: Look) -> Future[bool]:
        now = time.monotonic()
        asked, answer = self._recent.get(name, (now, None))
        if answer is None or (answer.done() and now - asked > limits.PROBE_HOLDS_SECONDS):
            answer = self._threads.submit(_looked, look)
            self._recent[name] = now, answer
        return answer


def _looked(look: Look) -> bool:
    try:
        return look()
    except (OSError, redis.RedisError):
        return False


def redis_answers() -> bool:
    """Ask Redis for a PONG."""
    client = redis.Redis.from_url(settings.REDIS_URL, **limits.REDIS_TIMEOUTS, retry=None)
    with client:
        return bool(client.ping())


def stripe_answers() -> bool:
    """Connect to Stripe's API, or to its stand-in, without asking it anything."""
    address = stripe_address(settings.STRIPE_API_BASE)
    socket.create_connection(address, timeout=limits.PROBE_SECONDS_MAX).close()
    return True


def stripe_address(base: str) -> tuple[str, int]:
    """Give host and port of Stripe's API, or of its stand-in at `base`."""
    parts = urlsplit(base or STRIPE_API_URL)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


side_systems = SideSystems(
    {"redis": redis_answers, "firestore": mirror_health.firestore_reachable, "stripe": stripe_answers}
)
