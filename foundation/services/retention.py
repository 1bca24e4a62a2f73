"""Forgets rows that are past their time: a batch a statement, so that no lock is held for long."""

from typing import Any

from django.db.models import QuerySet

from foundation import limits


def forget(*, rows: QuerySet[Any]) -> int:
    """Delete these rows in bounded batches; answer how many went. What is left waits for the next run.

    The rows are in an order that an index gives, the oldest first.
    """
    forgotten = 0
    for _ in range(limits.FORGET_BATCHES_MAX):
        ids = list(rows.values_list("pk", flat=True)[: limits.FORGET_BATCH_ROWS])
        rows.model.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
        if len(ids) < limits.FORGET_BATCH_ROWS:
            break
    return forgotten
