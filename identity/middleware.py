"""Notes when a device that is signed in was here last."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from identity.pages.sign_in import attempted_from
from identity.services.devices import note_seen


class DeviceMiddleware:
    """Takes the place of allauth's own, which reads and writes the session's row at every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request of whoever is signed in with a session, noted if that is due."""
        session_key = request.session.session_key
        if session_key and request.user.is_authenticated:
            note_seen(
                session_key=session_key,
                address=attempted_from(request),
                user_agent=request.headers.get("User-Agent", ""),
                now=timezone.now(),
            )
        return self.get_response(request)
