"""What the mirror knows, to be read by the admin, the health page and the watch."""

from mirror.queries.console import console_url
from mirror.queries.documents import delivered_at
from mirror.queries.drift import DriftFacts, drift_since
from mirror.queries.health import firestore_reachable
from mirror.queries.outbox import backlog, lag_seconds, parked, parked_count, state_of

__all__ = [
    "DriftFacts",
    "backlog",
    "console_url",
    "delivered_at",
    "drift_since",
    "firestore_reachable",
    "lag_seconds",
    "parked",
    "parked_count",
    "state_of",
]
