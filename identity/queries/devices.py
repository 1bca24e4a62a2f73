"""Reads from which devices people are signed in."""

import uuid

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet


def devices_of(user_id: uuid.UUID) -> "QuerySet[UserSession]":
    """The sessions of this person that have not ended, or only just have; who was here last comes first.

    What a session is opened with is not read.
    """
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user_id=user_id)
    return sessions.order_by("-last_seen_at", "-pk").defer("session_key", "data")
