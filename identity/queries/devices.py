"""Reads from which devices people are signed in, and what people call a device."""

import uuid
from typing import Final

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from ua_parser import parse

UNNAMED: Final = "Unnamed"


def devices_of(user_id: uuid.UUID) -> "QuerySet[UserSession]":
    """The sessions of this person that have not ended, or only just have; who was here last comes first.

    What a session is opened with is not read.
    """
    sessions: QuerySet[UserSession] = UserSession.objects.filter(user_id=user_id)
    return sessions.order_by("-last_seen_at", "-pk").defer("session_key", "data")


def device_words(user_agent: str) -> str:
    """Name browser and system: `Firefox 140 on Linux`.

    What neither is known of is told as it is: whoever signs in says it, so it proves nothing, and is only recognised.
    """
    known = parse(user_agent)
    browser, system = known.user_agent, known.os
    named = [
        " ".join(filter(None, (part.family, part.major))) for part in (browser, system) if part is not None
    ]
    return " on ".join(named) or user_agent or UNNAMED
