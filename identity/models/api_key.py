"""What services sign in with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from foundation.ids import new_id
from identity import limits
from identity.kinds import Right, Scope


class ApiKey(models.Model):
    """A key of a service. Only its hash is kept; a service may have several, while one is rolled.

    What a service does (its idempotency keys, its holds) belongs to its name, so that a new key goes on with it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    service = models.CharField(max_length=limits.SERVICE_NAME_LENGTH_MAX)
    prefix = models.CharField(max_length=16, help_text="The key's beginning, to know it by.")
    secret_hash = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        permissions = [Right.MANAGE_API_KEYS.permission]
        constraints = [
            models.CheckConstraint(
                condition=Q(service__regex=limits.SERVICE_NAME_PATTERN), name="api_key_service_is_a_name"
            ),
            models.CheckConstraint(condition=Q(scopes__len__gte=1), name="api_key_may_do_something"),
        ]

    def __str__(self) -> str:
        return f"{self.service} ({self.prefix}…)"
