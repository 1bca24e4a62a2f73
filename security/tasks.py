"""What the workers do for security."""

from celery import shared_task
from django.utils import timezone

from security.services.watch import watch


@shared_task(name="security.watch")
def watch_facts() -> None:
    """Turn facts that the apps below keep into alerts."""
    watch(now=timezone.now())
