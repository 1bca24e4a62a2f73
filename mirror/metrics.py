"""What is measured of the mirror, from its rows at each scrape."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from mirror import queries


def collect(now: datetime) -> Iterator[Metric]:
    """Tell how far Firestore is behind, and what was found wrong there."""
    drift = queries.drift_since(None)
    yield GaugeMetricFamily("mirror_backlog", "Subjects that wait to be mirrored.", queries.backlog())
    yield GaugeMetricFamily(
        "mirror_lag_seconds", "How long the oldest of them has waited.", queries.lag_seconds(now)
    )
    yield GaugeMetricFamily("mirror_parked", "Subjects that were given up.", queries.parked_count())
    yield CounterMetricFamily(
        "mirror_drift", "Subjects that Firestore was found to show wrongly.", drift.found
    )
    yield GaugeMetricFamily("mirror_drift_open", "Those of them that are not repaired yet.", drift.open)
