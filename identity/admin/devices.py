"""From which devices somebody is signed in: on every page about them."""

from datetime import datetime
from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from foundation.admin import link, may, table
from foundation.panels import Tables, register_panel
from identity.limits import DEVICES_SHOWN
from identity.queries.devices import device_words, devices_of

TITLE: Final = "Devices of sign-in"
NONE: Final = (
    "None: nobody is signed in here as this person. The API has no session of those who use Firebase alone."
)


def devices_panel(request: HttpRequest, user: Any) -> Tables:
    """The sessions, if who asks may see them."""
    if not may(request, "view", UserSession):
        return []
    found = [
        (
            link(UserSession, device.pk, device_words(device.user_agent)),
            device.ip,
            _moment(device.created_at),
            _moment(device.last_seen_at),
        )
        for device in devices_of(user.id)[:DEVICES_SHOWN]
    ]
    if not found:
        return [(TITLE, table(("Device",), [(NONE,)]))]
    return [(TITLE, table(("Device", "Address", "Signed in", "Last seen"), found))]


register_panel("identity.User", devices_panel)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
