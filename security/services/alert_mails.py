"""Which alerts operators are to be written to about: a column of the alert says so, and a worker does it.

An alert is written about once. Only a worker that dies between the mail server's yes and its note writes again,
under the same Message-ID.
"""

import logging
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F

from security import limits
from security.kinds import AlertStatus
from security.models import Alert

logger = logging.getLogger(__name__)


def claim_mails(*, now: datetime) -> list[Alert]:
    """Take alerts that are to be written about, oldest first; other workers leave them alone for a lease."""
    with transaction.atomic():
        due = Alert.objects.filter(mail_due_at__lte=now).exclude(status=AlertStatus.RESOLVED)
        claimed = list(
            due.order_by("mail_due_at").select_for_update(skip_locked=True)[: limits.MAIL_BATCH_MAX]
        )
        Alert.objects.filter(id__in=[alert.id for alert in claimed]).update(
            mail_due_at=now + limits.MAIL_LEASE, mail_attempts=F("mail_attempts") + 1
        )
    for alert in claimed:
        alert.mail_attempts += 1
    return claimed


def note_mailed(*, alert_id: uuid.UUID, now: datetime) -> None:
    """The mail is sent: never again."""
    Alert.objects.filter(id=alert_id).update(mailed_at=now, mail_due_at=None, mail_error="")


def note_mail_failed(*, alert_id: uuid.UUID, attempts: int, code: str, now: datetime) -> None:
    """The mail server said no, or nothing: try later, a bounded number of times."""
    back_off = min(limits.MAIL_BACK_OFF_MIN * 2 ** min(attempts, 10), limits.MAIL_BACK_OFF_MAX)
    due_at = now + back_off if attempts < limits.MAIL_TRIES_MAX else None
    Alert.objects.filter(id=alert_id).update(mail_due_at=due_at, mail_error=code[:64])
    facts = {"alert_id": str(alert_id), "code": code, "attempts": attempts, "given_up": due_at is None}
    logger.warning("alert.mail_failed", extra=facts)
