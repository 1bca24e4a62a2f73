"""Reads of the audit trail."""

import re
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, UUIDField, When
from django.db.models.functions import Cast, Coalesce

from identity.models import AuditRecord, User

_UUID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
# Each code once, by one look into the index for each, however long the trail is.
_ACTIONS: Final = """
WITH RECURSIVE known AS (
    (SELECT action FROM identity_auditrecord ORDER BY action LIMIT 1)
    UNION ALL
    SELECT (SELECT action FROM identity_auditrecord WHERE action > known.action ORDER BY action LIMIT 1)
    FROM known WHERE known.action IS NOT NULL
)
SELECT action FROM known WHERE action IS NOT NULL
"""


def records_about(subject_kind: str, subject_id: object) -> QuerySet[AuditRecord]:
    """What was done to this row, newest first."""
    return AuditRecord.objects.filter(subject_kind=subject_kind, subject_id=str(subject_id)).order_by("-id")


def records_by(actor_id: str, *, action: str, since: datetime) -> QuerySet[AuditRecord]:
    """What this person did of one kind, later than a moment."""
    return AuditRecord.objects.filter(actor_id=actor_id, action=action, at__gt=since)


def with_names(records: QuerySet[AuditRecord]) -> QuerySet[AuditRecord]:
    """The records, each with the name of the person who acted as `actor_name`; None for machines."""
    person_id = Case(When(actor_id__regex=_UUID, then=Cast("actor_id", UUIDField())))
    person = User.objects.filter(pk=OuterRef("actor_uuid"))
    name = Subquery(person.values(name=Coalesce("email", "firebase_uid"))[:1])
    return records.annotate(actor_uuid=person_id).annotate(actor_name=name)


def actions_recorded() -> list[str]:
    """Every code that the trail has, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS)
        return [action for (action,) in cursor.fetchall()]


def sought(term: str, *, most: int) -> Q:
    """Records of a person (by id, or the beginning of an address), about a row (by id), or of an action."""
    if re.fullmatch(r"[a-z_]+\.[a-z_]+", term):
        return Q(action=term)
    people = User.objects.filter(email__startswith=term.lower()) if "@" in term else User.objects.none()
    return Q(actor_id__in=[term, *map(str, people.values_list("pk", flat=True)[:most])]) | Q(subject_id=term)
