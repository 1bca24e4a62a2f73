"""What is known of alerts."""

from django.db.models import Count

from security.kinds import AlertStatus, Severity
from security.models import Alert


def count_open_by_severity() -> dict[Severity, int]:
    """How many alerts nobody has acknowledged yet, by severity; a severity without any is 0."""
    rows = (
        Alert.objects.filter(status=AlertStatus.OPEN).order_by().values_list("severity").annotate(Count("id"))
    )
    return dict.fromkeys(Severity, 0) | {Severity(severity): count for severity, count in rows}
