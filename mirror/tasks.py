"""What the workers of the queue `mirror` do."""

from celery import shared_task
from django.utils import timezone

from mirror.kinds import DELIVER_TASK
from mirror.services import dispatch, mirrored


@shared_task(name=DELIVER_TASK, ignore_result=True)
def deliver() -> None:
    """Deliver what is due: woken after a commit, and every few seconds for what nobody woke us for."""
    dispatch.deliver_due(clock=timezone.now)


@shared_task(name="mirror.prune", ignore_result=True)
def prune() -> None:
    """Once a day: delete delivery times that are past their retention."""
    mirrored.prune_documents(now=timezone.now())
