"""What was answered to a POST that may come again."""

from typing import ClassVar

from django.db import models

from foundation import limits
from foundation.ids import new_id


class IdempotencyRecord(models.Model):
    """One key of one caller: leased while its request runs, then holding the answer.

    A crash leaves the lease behind; it ends by itself, and the next request with the key takes it over.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.CharField(max_length=limits.IDEMPOTENCY_OWNER_LENGTH_MAX)
    key = models.CharField(max_length=limits.IDEMPOTENCY_KEY_LENGTH_MAX)
    request_hash = models.BinaryField(max_length=32)
    lease = models.UUIDField(default=new_id)
    leased_until_at = models.DateTimeField()
    answer_status = models.PositiveSmallIntegerField(null=True)
    answer_body = models.JSONField(null=True)
    started_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once_per_owner"),
            models.CheckConstraint(
                condition=models.Q(answer_status__isnull=True) | models.Q(answer_status__range=(200, 299)),
                name="idempotency_keeps_only_successes",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["started_at"], name="idempotency_started_at")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
