"""/metrics: what the apps measure, for whoever has the token. Like a probe it comes from inside, by any name."""

import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import starmap

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import limits
from mirror import metrics as mirror
from payments import metrics as payments
from security import metrics as security

PATH = "/metrics"
ROWS: Mapping[str, Callable[[datetime], Iterable[Metric]]] = {
    "payments": payments.collect,
    "mirror": mirror.collect,
    "security": security.collect,
}


class MetricsMiddleware:
    """Answers /metrics where the token is right; to everybody else it is a page that does not exist."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a scrape; pass everything else on."""
        if request.path_info == PATH and request.method == "GET" and _has_the_token(request):
            return HttpResponse(
                exposition(timezone.now()),
                content_type=CONTENT_TYPE_PLAIN_0_0_4,
                headers={"Cache-Control": "no-store"},
            )
        return self.get_response(request)


def exposition(now: datetime) -> bytes:
    """Everything that is measured, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Rows(now))
    try:
        # gunicorn.conf.py has the processes keep what they see in common files.
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:
        registry.register(payments.WEBHOOK_SECONDS)  # this process is the only one
    return generate_latest(registry)


def figures(now: datetime) -> dict[str, float]:
    """What the apps' rows say, by plain names: a label's value is part of the name, a quantile is p50 … p100.

    What is counted by labels is also told in all, and be it zero.
    """
    told: dict[str, float] = {}
    for metric in _Rows(now).collect():
        if metric.type == "counter":
            told[f"{metric.name}_total"] = sum(sample.value for sample in metric.samples)
        for sample in metric.samples:
            told["_".join([sample.name, *starmap(_plain, sample.labels.items())])] = sample.value
    return told


def _plain(label: str, value: str) -> str:
    return f"p{float(value):.0%}".rstrip("%") if label == "quantile" else value


class _Rows(Collector):
    """What the apps read from their rows; one that cannot leaves the others alone."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        failed = GaugeMetricFamily(
            "metrics_failed", "Whether an app's rows could not be read.", labels=["app"]
        )
        for app, read in ROWS.items():
            found = _within_bounds(read, self._now)
            failed.add_metric([app], found is None)
            yield from found or ()
        yield failed


def _within_bounds(read: Callable[[datetime], Iterable[Metric]], now: datetime) -> list[Metric] | None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{limits.METRICS_STATEMENT_SECONDS_MAX}s'")
            return list(read(now))
    except DatabaseError:
        return None


def _has_the_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return hmac.compare_digest(given, wanted) and bool(settings.METRICS_TOKEN)
