"""Periodic work that belongs to no app."""

from celery import shared_task
from django.utils import timezone

from foundation.services import idempotency


@shared_task(name="foundation.forget_answers")
def forget_answers() -> None:
    """Delete idempotency records past their retention."""
    idempotency.forget_answers(now=timezone.now())
