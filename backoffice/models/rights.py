"""Rights of the back office that are about no single table. There is no table behind them."""

from django.db import models

from identity.kinds import Right


class Rights(models.Model):
    """Has Django make the permissions, and nothing else."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [Right.APPROVE_PROPOSAL.permission, Right.EXPORT.permission]

    def __str__(self) -> str:
        return "rights"
