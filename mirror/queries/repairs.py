"""Which repairs that were asked for are not done yet."""

from mirror.kinds import Only, SubjectState
from mirror.models import OutboxRow
from mirror.queries.outbox import waiting_state


def repairs_left(only: Only) -> list[SubjectState]:
    """The subjects, among these, whose comparison is still to be made or finished."""
    rows = OutboxRow.objects.filter(
        kind=only.kind, subject_id__in=only.subject_ids, repair_generation__isnull=False
    )
    return [waiting_state(row) for row in rows.order_by("subject_id")]
