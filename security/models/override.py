"""What holds for one customer instead of the limits on purchases."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from foundation.ids import new_id
from identity.kinds import Right
from security.kinds import OverrideKind, OverrideStatus
from security.limits import PURCHASES_SETTABLE_MAX, REASON_LENGTH_MAX


class Override(models.Model):
    """Other numbers for one customer, none at all, or a block: with a reason and an end.

    It is in force while it is granted and not past its end, and counts what was counted before it. An empty number is
    everybody's. A customer has at most one that is granted. `…_by` are ids of staff.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="customer"
    )
    kind = models.CharField(max_length=10, choices=OverrideKind)
    hourly_max = models.PositiveSmallIntegerField("purchases an hour", null=True, blank=True)
    daily_max = models.PositiveSmallIntegerField("purchases a day", null=True, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH_MAX)
    status = models.CharField(max_length=10, choices=OverrideStatus, default=OverrideStatus.GRANTED)
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=64)
    ends_at = models.DateTimeField("in force until")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was replaced, revoked, or noted as expired."
    )
    closed_by = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-granted_at", "-id"]
        permissions = [Right.GRANT_OVERRIDE.permission]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(status=OverrideStatus.GRANTED), name="override_granted_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=OverrideKind.values), name="override_kind_known"),
            models.CheckConstraint(
                condition=Q(status=OverrideStatus.GRANTED, closed_at=None)
                | (
                    Q(status__in=OverrideStatus.values, closed_at__isnull=False)
                    & ~Q(status=OverrideStatus.GRANTED)
                ),
                name="override_status_known",
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind=OverrideKind.NUMBERS) & (Q(hourly_max__isnull=False) | Q(daily_max__isnull=False))
                )
                | (~Q(kind=OverrideKind.NUMBERS) & Q(hourly_max=None, daily_max=None)),
                name="override_has_its_numbers",
            ),
            models.CheckConstraint(
                condition=(Q(hourly_max=None) | Q(hourly_max__lte=PURCHASES_SETTABLE_MAX))
                & (Q(daily_max=None) | Q(daily_max__lte=PURCHASES_SETTABLE_MAX)),
                name="override_numbers_sensible",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("granted_at")), name="override_ends"),
        ]
        indexes = [
            models.Index(fields=["user", "-granted_at"], name="override_by_customer"),
            models.Index(
                fields=["ends_at"], name="override_to_expire", condition=Q(status=OverrideStatus.GRANTED)
            ),
        ]

    def __str__(self) -> str:
        if self.kind != OverrideKind.NUMBERS:
            return str(self.get_kind_display())
        numbers = ((self.hourly_max, "an hour"), (self.daily_max, "a day"))
        return ", ".join(f"{number} {period}" for number, period in numbers if number is not None)

    def is_in_force(self, now: datetime) -> bool:
        """Whether it holds: one past its end does not, noted as expired or not yet."""
        return self.status == OverrideStatus.GRANTED and self.ends_at > now
