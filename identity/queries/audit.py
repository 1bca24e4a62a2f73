"""Reads the audit trail."""

from django.db.models import QuerySet

from identity.models import AuditRecord


def records_about(subject_kind: str, subject_id: object) -> QuerySet[AuditRecord]:
    """What staff did to this subject, newest first."""
    return AuditRecord.objects.filter(subject_kind=subject_kind, subject_id=str(subject_id)).order_by("-id")
