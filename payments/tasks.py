"""The workers' entry points: each calls one service. Beat runs them all periodically (config/celery.py)."""

from collections.abc import Sequence
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from payments.kinds import SYNC_TASK
from payments.limits import RECONCILE_TASK_SECONDS_MAX, RECONCILE_TASK_SOFT_SECONDS_MAX
from payments.services import (
    backfill,
    inbox,
    retention,
    sale_checks,
    staff_refunds,
    stripe_sync,
    sweeps,
    watch,
)
from payments.services.reconciliation import overdue, runner


@shared_task(name="payments.process_inbox")
def process_inbox() -> int:
    """Try failed events again."""
    return inbox.process_due_events(now=timezone.now())


@shared_task(name=SYNC_TASK)
def sync_stripe_objects() -> int:
    """Have dj-stripe copy the objects of new events."""
    return stripe_sync.sync_due_events(now=timezone.now())


@shared_task(name="payments.sweep_purchases")
def sweep_purchases() -> int:
    """Ask Stripe about purchases past their session's end, and now and then about those at a bank."""
    return sweeps.sweep_purchases(now=timezone.now())


@shared_task(name="payments.backfill_events")
def backfill_events() -> int:
    """Fetch the events that Stripe could not deliver."""
    return backfill.backfill_events(now=timezone.now())


@shared_task(name="payments.check_sales")
def check_sales() -> int:
    """Ask Stripe for what the newest credited purchases were paid."""
    return sale_checks.check_sales(now=timezone.now())


@shared_task(name="payments.watch_credits")
def watch_credits() -> None:
    """Raise an alert over what is paid and not credited in time."""
    watch.watch_credits(now=timezone.now())


@shared_task(name="payments.watch_customers")
def watch_customers() -> int:
    """Have security's rules look at what customers, cards and addresses did lately."""
    return watch.watch_customers(now=timezone.now())


@shared_task(name="payments.retry_refunds")
def retry_refunds() -> int:
    """Ask Stripe again for refunds whose answer was lost."""
    return staff_refunds.retry_requested_refunds(now=timezone.now())


@shared_task(
    name="payments.reconcile",
    soft_time_limit=RECONCILE_TASK_SOFT_SECONDS_MAX,
    time_limit=RECONCILE_TASK_SECONDS_MAX,
)
def reconcile(*, checks: Sequence[str] = (), hours: int = 24, repair: bool = False) -> int:
    """Make these checks, or all, of the last hours; answer how many discrepancies were found."""
    now = timezone.now()
    results = runner.reconcile(
        names=checks or list(runner.available()), since=now - timedelta(hours=hours), now=now, repairs=repair
    )
    return sum(len(result.found) for result in results)


@shared_task(name="payments.watch_checks")
def watch_checks() -> None:
    """Raise an alert over checks that were not made in full for too long."""
    overdue.watch_checks(now=timezone.now())


@shared_task(name="payments.forget")
def forget() -> int:
    """Take out of handled events what they said, and delete old findings, when their time is over."""
    now = timezone.now()
    return retention.redact_payloads(now=now) + retention.forget_findings(now=now)
