"""Forgets what signing in leaves behind: sessions that have ended, and guesses that nobody counts any more."""

from datetime import datetime

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session

from foundation.services.retention import forget
from identity.limits import SIGN_INS_KEPT


def forget_sign_ins(*, now: datetime) -> int:
    """Delete them in bounded batches; answer how many went."""
    forgotten = forget(rows=Session.objects.filter(expire_date__lt=now).order_by("expire_date"))
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        old = model.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT)
        forgotten += forget(rows=old.order_by("attempt_time"))
    return forgotten
