"""Limits how often somebody calls the API."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from foundation.client_address import client_address
from identity.kinds import ServiceCaller
from security.services import api_limits

if TYPE_CHECKING:  # the views import this module, through the default throttles of the settings
    from rest_framework.views import APIView


class CallerThrottle(BaseThrottle):
    """Counts each call atomically, in Redis; DRF's own throttles read, then write, and miss what comes at once."""

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002 - DRF's signature
        """Let the call be answered.

        :raises RateLimited: `rate_limited`
        """
        caller: object = request.user
        now = timezone.now()
        if isinstance(caller, ServiceCaller):
            api_limits.count_call_with_key(key_id=caller.key_id, now=now)
        elif isinstance(caller, get_user_model()):
            api_limits.count_call_of_customer(user_id=caller.pk, address=client_address(request), now=now)
        else:
            api_limits.count_call_from_address(address=client_address(request), now=now)
        return True
