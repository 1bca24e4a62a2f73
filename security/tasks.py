"""What the workers do for security."""

from celery import shared_task
from django.utils import timezone

from security.emails import send_due_mails
from security.kinds import SEND_MAILS_TASK
from security.services import watch
from security.services.overrides import expire_overrides


@shared_task(name="security.watch")
def watch_facts() -> None:
    """Turn facts that the apps below keep into alerts."""
    watch.watch(now=timezone.now())


@shared_task(name=SEND_MAILS_TASK)
def send_alert_mails() -> int:
    """Write to the operators about what is grave."""
    return send_due_mails(now=timezone.now())


@shared_task(name="security.expire_overrides")
def note_expired_overrides() -> None:
    """Note which overrides have run out; they are out of force by themselves."""
    expire_overrides(now=timezone.now())
