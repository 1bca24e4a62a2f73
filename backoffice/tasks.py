"""What workers do for the back office; config.celery says when."""

from celery import shared_task
from django.utils import timezone

from backoffice.queries.figures import OUTSTANDING, outstanding
from backoffice.services.completion import complete_approved
from backoffice.services.counted import count_anew
from backoffice.services.proposals import expire_due


@shared_task(name="backoffice.carry_out_grants")
def carry_out_grants() -> None:
    """Go on with what was approved and is not done."""
    complete_approved(now=timezone.now())


@shared_task(name="backoffice.count_outstanding")
def count_outstanding() -> None:
    """Count the liability before somebody who opens the dashboard has to wait for it."""
    now = timezone.now()
    count_anew(OUTSTANDING, lambda: outstanding(now), now=now)


@shared_task(name="backoffice.expire_proposals")
def expire_proposals() -> None:
    """End the proposals that nobody decided in time."""
    expire_due(now=timezone.now())
