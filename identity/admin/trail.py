"""How the pages of every table come to the audit trail."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from foundation.trail import register_trail
from identity.services import audit
from identity.services.actors import staff


class AuditTrail:
    """The trail that pages tell of what is done on them."""

    def tell(
        self,
        request: HttpRequest,
        *,
        action: str,
        subject_kind: str,
        subject_id: object,
        facts: Mapping[str, object],
        reason: str = "",
    ) -> None:
        """Record it, with the person and where they are."""
        audit.record(
            actor=staff(request),
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            reason=reason,
            facts=facts,
            now=timezone.now(),
        )

    def address_of(self, subject_kind: str, subject_id: object) -> str:
        """The list of records, narrowed to one row's."""
        query = urlencode({"subject": f"{subject_kind}:{subject_id}"})
        return f"{reverse('admin:identity_auditrecord_changelist')}?{query}"


register_trail(AuditTrail())
