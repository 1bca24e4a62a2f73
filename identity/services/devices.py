"""Notes from which devices people are signed in: a row for each session, which allauth makes when it begins."""

import hashlib
import uuid
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.core.cache import cache

from identity.limits import DEVICE_SEEN_NOTED_EVERY, DEVICE_WORDS_LENGTH_MAX, DEVICES_AT_ONCE_MAX


def make_room(*, user_id: uuid.UUID) -> None:
    """Sign a person out where they were longest ago, so that one more device is not one too many."""
    newest_first = UserSession.objects.filter(user_id=user_id).order_by("-last_seen_at", "-pk")
    for device in newest_first[DEVICES_AT_ONCE_MAX - 1 :]:
        device.end()


def note_seen(*, session_key: str, address: str, user_agent: str, now: datetime) -> None:
    """Note that a session was used, from where and with what; at most once in `DEVICE_SEEN_NOTED_EVERY`.

    A session of which no sign-in was noted stays unnoted.
    """
    # Whoever can read the cache finds no key in it with which they could sign in.
    name = f"device:{hashlib.sha256(session_key.encode()).hexdigest()}"
    if cache.add(name, 1, int(DEVICE_SEEN_NOTED_EVERY.total_seconds())):
        UserSession.objects.filter(session_key=session_key).update(
            ip=address, user_agent=user_agent[:DEVICE_WORDS_LENGTH_MAX], last_seen_at=now
        )
