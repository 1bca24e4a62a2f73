"""Devices on which somebody is signed in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from foundation.ids import new_id
from identity.models import User

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def device_of(user: User, **fields: Any) -> UserSession:
    """A session that began long ago, and goes on."""
    facts = {"session_key": new_id().hex, "ip": "198.51.100.7", "user_agent": "Firefox/140.0 on Linux"}
    facts |= {"created_at": BEGAN, "last_seen_at": BEGAN} | fields
    ends_at = timezone.now() + timedelta(days=1)
    Session.objects.create(session_key=facts["session_key"], session_data="", expire_date=ends_at)
    return UserSession.objects.create(user=user, **facts)
