"""What the workers of the queue `mirror` do."""

from celery import shared_task
from django.utils import timezone

from mirror.kinds import DELIVER_TASK, SCAN_TASK
from mirror.services import dispatch, drift, mirrored
from mirror.services import scan as scans


@shared_task(name=DELIVER_TASK, ignore_result=True)
def deliver() -> None:
    """Deliver what is due: woken after a commit, and every few seconds for what nobody woke us for."""
    dispatch.deliver_due(clock=timezone.now)


@shared_task(name="mirror.prune", ignore_result=True)
def prune() -> None:
    """Once a day: delete delivery times and drift that are past their retention."""
    mirrored.prune_documents(clock=timezone.now)
    drift.prune(now=timezone.now())


@shared_task(name=SCAN_TASK, ignore_result=True)
def scan(*, full: bool = False) -> None:
    """Once an hour: compare a sample of what Firestore shows with the ledger; `full=True`: all of it."""
    scans.scan(is_full=full, clock=timezone.now)
