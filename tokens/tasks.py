"""The workers' entry points: each calls one service. Beat runs them all periodically (config/celery.py)."""

from celery import shared_task
from django.utils import timezone

from tokens.services import sweeps


@shared_task(name="tokens.sweep_wallets")
def sweep_wallets() -> int:
    """End holds past their end, and sweep what has expired."""
    return sweeps.sweep_wallets(now=timezone.now())
