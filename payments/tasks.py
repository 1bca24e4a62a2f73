"""The workers' entry points: each calls one service. Beat runs them all periodically (config/celery.py)."""

from celery import shared_task
from django.utils import timezone

from payments.services import backfill, inbox, stripe_sync, sweeps


@shared_task(name="payments.process_inbox")
def process_inbox() -> int:
    """Try failed events again."""
    return inbox.process_due_events(now=timezone.now())


@shared_task(name="payments.sync_stripe_objects")
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
