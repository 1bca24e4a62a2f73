"""What was refused by a limit."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from foundation.ids import new_id
from identity.kinds import Right
from security.kinds import Limit


class LimitRefusal(models.Model):
    """The refusals of one customer by one limit within one of its windows, and whether staff call them a mistake.

    All of them have one cause, so that one label answers for all; and whoever presses a button a thousand times makes
    one row, which counts: the table grows by what limits allow, not by what somebody attempts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="customer",
        db_index=False,
    )
    limit = models.CharField(max_length=20, choices=Limit)
    allowed = models.PositiveIntegerField(help_text="How much the limit allowed when it last refused.")
    starts_at = models.DateTimeField("counted since")
    ends_at = models.DateTimeField("refused until")
    count = models.PositiveBigIntegerField("times refused", default=1)
    address = models.GenericIPAddressField(
        null=True, blank=True, help_text="Where the last of them came from."
    )
    first_refused_at = models.DateTimeField()
    last_refused_at = models.DateTimeField()
    is_mistake = models.BooleanField(
        null=True, help_text="Whether it should have been let through; empty: not judged."
    )
    labelled_at = models.DateTimeField(null=True, blank=True)
    labelled_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-last_refused_at", "-id"]
        permissions = [Right.LABEL_REFUSAL.permission]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "limit", "starts_at"], name="limit_refusal_once_a_window"
            ),
            models.CheckConstraint(condition=Q(limit__in=Limit.values), name="limit_refusal_limit_known"),
            models.CheckConstraint(
                condition=Q(last_refused_at__gte=F("first_refused_at")), name="limit_refusal_in_order"
            ),
            models.CheckConstraint(
                condition=Q(is_mistake=None, labelled_at=None)
                | Q(is_mistake__isnull=False, labelled_at__isnull=False),
                name="limit_refusal_label_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["-last_refused_at", "-id"], name="limit_refusal_newest_first"),
            models.Index(fields=["limit", "-last_refused_at", "-id"], name="limit_refusal_by_limit"),
            models.Index(fields=["is_mistake", "-last_refused_at", "-id"], name="limit_refusal_judged"),
        ]

    def __str__(self) -> str:
        return f"{self.get_limit_display()}: {self.count} refused"
