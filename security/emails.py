"""What operators are written about alerts: codes, counts, ids and a link; never a customer's e-mail address."""

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from security.models import Alert
from security.services import alert_mails


def send_due_mails(*, now: datetime) -> int:
    """Write to the operators about what is due; answer how many mails the server took.

    Without operators nothing is due: what is unresolved when some are named is written about then.
    """
    if not settings.OPERATOR_EMAILS:
        return 0
    sent = 0
    for alert in alert_mails.claim_mails(now=now):
        try:
            message_about(alert).send()
        except OSError as error:  # smtplib's errors are, too
            code = type(error).__name__
            alert_mails.note_mail_failed(alert_id=alert.id, attempts=alert.mail_attempts, code=code, now=now)
        else:
            alert_mails.note_mailed(alert_id=alert.id, now=now)
            sent += 1
    return sent


def message_about(alert: Alert) -> EmailMessage:
    """The mail about an alert. Its Message-ID is the alert's, so that one sent twice is shown once."""
    host = urlsplit(settings.SITE_URL).hostname
    link = settings.SITE_URL + reverse("admin:security_alert_change", args=[alert.id])
    return EmailMessage(
        subject=f"[{alert.severity}] {alert.get_kind_display()}",
        body=render_to_string("security/alert_mail.txt", {"alert": alert, "link": link}),
        to=settings.OPERATOR_EMAILS,
        headers={"Message-ID": f"<alert-{alert.id}@{host}>"},
    )
