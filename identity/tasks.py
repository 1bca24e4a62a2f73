"""Identity's work in the background."""

from celery import shared_task
from django.utils import timezone

from identity.services import wallet_claims


@shared_task(name="identity.set_wallet_claims")
def set_wallet_claims() -> int:
    """Tell Firebase the wallets of accounts that joined it late. Woken by a join, and periodic."""
    return wallet_claims.set_due_wallet_claims(now=timezone.now())
