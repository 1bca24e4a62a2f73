"""The one audit trail: who did what in the back office, when, why, and from where."""

from django.db import models

from foundation.ids import new_id
from identity import limits
from identity.kinds import ActorKind


class AuditRecord(models.Model):
    """One thing that somebody did. Rows are only ever added: triggers refuse all else, to the tables' owner as well.

    `action` is a stable code such as `purchase.release`. `subject_kind` is what it was done to, by the model's name
    in lower case (`purchase`, `wallet`, `inboxevent`), and `subject_id` that row's primary key.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField("when")
    actor_kind = models.CharField("by", max_length=16, choices=ActorKind)
    actor_id = models.CharField("who", max_length=limits.AUDIT_ID_LENGTH_MAX, blank=True)
    address = models.CharField("from where", max_length=limits.AUDIT_ADDRESS_LENGTH_MAX, blank=True)
    action = models.CharField("what", max_length=limits.AUDIT_CODE_LENGTH_MAX)
    subject_kind = models.CharField("to a", max_length=limits.AUDIT_CODE_LENGTH_MAX)
    subject_id = models.CharField("which", max_length=limits.AUDIT_ID_LENGTH_MAX)
    reason = models.TextField("why", blank=True)
    facts = models.JSONField(default=dict, help_text="Codes, ids and numbers.")

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_subject_idx"),
            models.Index(fields=["actor_id", "-id"], name="audit_actor_idx"),
            models.Index(fields=["actor_kind", "-id"], name="audit_actor_kind_idx"),
            models.Index(fields=["action", "-id"], name="audit_action_idx"),
            models.Index(fields=["at"], name="audit_at_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_id}"
