"""What is measured of security, from its rows at each scrape."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, Metric

from security.queries import alerts, limit_refusals


def collect(_now: datetime) -> Iterator[Metric]:
    """Tell what there ever was of alerts and of refusals by limits.

    An alert whose severity has risen counts with the higher one. A customer who was refused by mistake is one
    mistake for each window, however often they tried.
    """
    family = CounterMetricFamily(
        "security_alerts", "Alerts opened, after grouping.", labels=["kind", "severity"]
    )
    for kind, severity, count in alerts.count_opened():
        family.add_metric([kind, severity], count)
    yield family
    refused = CounterMetricFamily("rate_limit_refusals", "Attempts that a limit refused.", labels=["limit"])
    mistaken = CounterMetricFamily(
        "rate_limit_false_positives",
        "Customers' windows that staff call refused by mistake.",
        labels=["limit"],
    )
    for limit, refusals, mistakes in limit_refusals.count_refusals():
        refused.add_metric([limit], refusals)
        mistaken.add_metric([limit], mistakes)
    yield refused
    yield mistaken
