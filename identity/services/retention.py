"""Forgets what signing in leaves behind: sessions that have ended, with their devices, and guesses nobody counts."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

from foundation.services.retention import forget
from identity.limits import SIGN_INS_KEPT


def forget_sign_ins(*, now: datetime) -> int:
    """Delete them in bounded batches; answer how many went."""
    forgotten = forget(rows=Session.objects.filter(expire_date__lt=now).order_by("expire_date"))
    session = Session.objects.filter(session_key=OuterRef("session_key"))  # signing out deletes it, too
    forgotten += forget(rows=UserSession.objects.filter(~Exists(session)).order_by("pk"))
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        old = model.objects.filter(attempt_time__lt=now - SIGN_INS_KEPT)
        forgotten += forget(rows=old.order_by("attempt_time"))
    return forgotten
