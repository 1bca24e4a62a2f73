"""What one person proposes and another decides."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backoffice.kinds import ProposalKind, ProposalStatus
from foundation.limits import ADMIN_REASON_LENGTH_MAX


class Proposal(models.Model):
    """An action that waits for a second person. What was asked for is frozen: a trigger lets only its decision change.

    Its id was made when the form was shown, and is the key of whatever the action makes, so that it is done once.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=16, choices=ProposalKind)
    subject_id = models.UUIDField(help_text="The wallet, entry or purchase; of grants the proposal itself.")
    account_id = models.UUIDField(null=True, blank=True, help_text="The wallet that the decision hangs on.")
    wallet_seq = models.BigIntegerField(null=True, blank=True, help_text="How many entries it had then.")
    request = models.JSONField(help_text="All that the action needs: codes, ids and numbers.")
    amount = models.BigIntegerField(help_text="Tokens, or the currency's smallest unit.")
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=ADMIN_REASON_LENGTH_MAX)

    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="proposals_made"
    )
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    status = models.CharField(max_length=8, choices=ProposalStatus, default=ProposalStatus.PROPOSED)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals_decided",
    )
    answer = models.CharField(
        max_length=ADMIN_REASON_LENGTH_MAX, blank=True, help_text="The checker's words."
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(
        null=True, blank=True, help_text="When all of it was done; for an approved one, else never."
    )

    class Meta:
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(checker=None) | ~Q(checker=F("maker")), name="proposal_checked_by_another"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=(ProposalStatus.APPROVED, ProposalStatus.REJECTED),
                    checker__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(status=ProposalStatus.EXPIRED, checker=None, decided_at__isnull=False)
                | Q(status=ProposalStatus.PROPOSED, checker=None, decided_at=None),
                name="proposal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(status=ProposalStatus.APPROVED),
                name="proposal_done_if_approved",
            ),
            models.CheckConstraint(condition=Q(kind__in=ProposalKind.values), name="proposal_kind_known"),
            models.CheckConstraint(
                condition=Q(account_id=None, wallet_seq=None)
                | Q(account_id__isnull=False, wallet_seq__isnull=False),
                name="proposal_wallet_with_seq",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status=ProposalStatus.PROPOSED), name="proposal_waiting"
            ),
            models.Index(
                fields=["decided_at"],
                condition=Q(status=ProposalStatus.APPROVED, done_at=None),
                name="proposal_to_do",
            ),
            models.Index(fields=["-proposed_at"], name="proposal_by_time"),
            models.Index(fields=["account_id", "-proposed_at"], name="proposal_of_wallet"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    def status_at(self, now: datetime) -> ProposalStatus:
        """How it stands: past its time it has expired, whether or not the sweep came by."""
        if self.status == ProposalStatus.PROPOSED and now >= self.expires_at:
            return ProposalStatus.EXPIRED
        return ProposalStatus(self.status)


class ProposedGrant(models.Model):
    """One customer's tokens of a proposal to grant to many. `number` is its row in the file."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="grants", db_index=False)
    number = models.PositiveIntegerField()
    account_id = models.UUIDField()
    tokens = models.BigIntegerField()
    granted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="grant_once_per_row"),
            models.UniqueConstraint(fields=["proposal", "account_id"], name="grant_once_per_wallet"),
            models.CheckConstraint(condition=Q(tokens__gt=0), name="grant_of_something"),
        ]

    def __str__(self) -> str:
        return f"row {self.number}"
