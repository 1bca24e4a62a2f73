"""Where Firestore was found not to show what it should."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from mirror.models import Drift


@dataclass(frozen=True, slots=True)
class DriftFacts:
    """How many subjects drifted, how many of them are not repaired yet, and the newest as an example."""

    found: int
    open: int
    kind: str = ""
    subject_id: str = ""
    path: str = ""


def drift_since(since: datetime | None) -> DriftFacts:
    """What was found after a time (None: ever), and all that is not repaired yet, however old."""
    rows = Drift.objects.filter(Q(found_at__gt=since) | Q(repaired_at__isnull=True) if since else Q())
    newest = rows.order_by("-found_at").first()
    if newest is None:
        return DriftFacts(0, 0)
    unrepaired = Drift.objects.filter(repaired_at__isnull=True).count()
    return DriftFacts(rows.count(), unrepaired, newest.kind, newest.subject_id, newest.example_path)


def drifted(*, kind: str, subject_ids: Collection[str], since: datetime) -> int:
    """How many of these subjects were found wrong since a time."""
    rows = Drift.objects.filter(kind=kind, subject_id__in=subject_ids, found_at__gte=since)
    return rows.values("subject_id").distinct().count()
