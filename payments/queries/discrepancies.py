"""Reads what reconciliation has found."""

from django.db.models import QuerySet

from payments.kinds import DiscrepancyStatus
from payments.models import Discrepancy


def open_of(check_name: str) -> QuerySet[Discrepancy]:
    """What a check has found and nobody has ended."""
    return Discrepancy.objects.filter(check_name=check_name, status=DiscrepancyStatus.OPEN)


def open_count() -> int:
    """How many nobody has ended."""
    return Discrepancy.objects.filter(status=DiscrepancyStatus.OPEN).count()
