"""How many purchases a customer may start."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from identity.kinds import Right
from security.limits import PURCHASES_SETTABLE_MAX, REASON_LENGTH_MAX

THE_ONLY_ONE = 1


class PurchaseLimits(models.Model):
    """The two numbers that hold for every customer, in one row, with a history of all that they were.

    Without the row they are those of `security.limits`.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONLY_ONE, editable=False)
    hourly_max = models.PositiveSmallIntegerField("purchases an hour")
    daily_max = models.PositiveSmallIntegerField("purchases a day")
    reason = models.CharField(max_length=REASON_LENGTH_MAX, help_text="Why the numbers are these.")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    history = HistoricalRecords(
        excluded_fields=["reason", "changed_at", "changed_by"],
        history_change_reason_field=models.CharField(max_length=REASON_LENGTH_MAX, null=True),
    )

    class Meta:
        verbose_name_plural = "purchase limits"
        permissions = [Right.SET_LIMITS.permission]
        constraints = [
            models.CheckConstraint(condition=Q(id=THE_ONLY_ONE), name="purchase_limits_once"),
            models.CheckConstraint(
                condition=Q(hourly_max__gte=1, daily_max__gte=F("hourly_max"))
                & Q(daily_max__lte=PURCHASES_SETTABLE_MAX),
                name="purchase_limits_sensible",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hourly_max} an hour, {self.daily_max} a day"

    # What the history takes from these names: when, who, why.

    @property
    def _history_date(self) -> datetime:
        return self.changed_at

    @property
    def _history_user(self) -> Any:
        return self.changed_by

    @property
    def _change_reason(self) -> str:
        return self.reason
