"""Nobody works in the back office by a password alone."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

SET_ONE_UP = (
    "The back office asks for a second factor. Set one up here and keep its codes, then go on to /admin/."
)


def way_to_second_factor(request: HttpRequest) -> HttpResponseRedirect | None:
    """Where somebody has to go before they come in; None if this very session has shown a second factor.

    Who has none is led to set one up. Who set one up after this session began, on another device perhaps, is asked
    for a code: a session that was taken over with a password shows nothing.
    """
    if not settings.STAFF_SECOND_FACTOR:
        return None
    if not is_mfa_enabled(request.user, types=[Authenticator.Type.TOTP]):
        messages.warning(request, SET_ONE_UP)
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    records = get_authentication_records(request, request.user)
    if any(record.get("method") == "mfa" for record in records):
        return None
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{query}")
