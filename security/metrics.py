"""What is measured of security, from its rows at each scrape."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, Metric

from security.queries import alerts


def collect(_now: datetime) -> Iterator[Metric]:
    """Tell how many alerts were ever opened; one whose severity has risen counts with the higher one."""
    family = CounterMetricFamily(
        "security_alerts", "Alerts opened, after grouping.", labels=["kind", "severity"]
    )
    for kind, severity, count in alerts.count_opened():
        family.add_metric([kind, severity], count)
    yield family
