"""Identity's work in the background."""

from celery import shared_task
from django.utils import timezone

from identity.kinds import SET_CLAIMS_TASK
from identity.services import firebase_claims, retention


@shared_task(name=SET_CLAIMS_TASK)
def set_firebase_claims() -> int:
    """Tell Firebase whose wallet people read, and who is staff. Woken by a join and a change of roles, and periodic."""
    return firebase_claims.set_due_claims(now=timezone.now())


@shared_task(name="identity.forget_sign_ins")
def forget_sign_ins() -> int:
    """Delete sessions that have ended and guesses past their retention."""
    return retention.forget_sign_ins(now=timezone.now())
