"""What is measured of payments: from rows at each scrape, and the webhook's answers in each process."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from prometheus_client import Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from payments.queries import inbox, measures, purchases

disable_created_metrics()  # type: ignore[no-untyped-call] # a series per histogram that nobody asks for
# Not from rows: there are none for an answer. config.metrics adds up what the processes of one host saw.
WEBHOOK_SECONDS = Histogram(
    "webhook_seconds",
    "From the arrival of a webhook until its answer, by the answer's status.",
    ["status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
    registry=None,
)
QUANTILES = (0.5, 0.95, 0.99, 1.0)


def collect(now: datetime) -> Iterator[Metric]:
    """Tell what the rows of payments say now."""
    counts, latencies = measures.credit_counts(now=now), measures.latencies(now=now)
    yield CounterMetricFamily("purchases_paid", "Purchases that Stripe calls paid.", counts.paid)
    yield CounterMetricFamily("purchases_credited", "Purchases whose tokens were credited.", counts.credited)
    yield GaugeMetricFamily("failed_credits", "Paid and uncredited for over 2 minutes.", counts.failed)
    yield _quantiles(
        "paid_to_credited_seconds",
        "From Stripe's event, told in whole seconds, to the credit; the last hour's newest purchases.",
        latencies.paid_to_credited,
    )
    yield _quantiles(
        "credited_to_mirrored_seconds",
        "From the credit to its sight in Firestore; the last hour's newest purchases.",
        latencies.credited_to_mirrored,
    )
    yield GaugeMetricFamily(
        "purchases_stuck", "Past their end, outcome unknown.", purchases.stuck_count(now=now)
    )
    yield GaugeMetricFamily("inbox_backlog", "Events that wait to be handled.", inbox.backlog())
    yield GaugeMetricFamily(
        "inbox_lag_seconds", "How long the oldest of them has waited.", inbox.lag_seconds(now)
    )
    yield GaugeMetricFamily("inbox_parked", "Events that were given up on.", inbox.parked_count())


def _quantiles(name: str, words: str, seconds: Sequence[float]) -> Metric:
    """The greatest value among each part of the smallest ones; nothing where nothing was measured."""
    family = GaugeMetricFamily(name, words, labels=["quantile"])
    ranked = sorted(seconds)
    for quantile in QUANTILES if ranked else ():
        family.add_metric([f"{quantile:g}"], ranked[math.ceil(quantile * len(ranked)) - 1])
    return family
