"""Who buys and asks when an installation is tested: an account of ours, and a bearer of a Firebase token."""

import base64
import json
from datetime import datetime

from django.conf import settings

from identity.gateways.firebase import sign_in_as
from identity.kinds import ProbeToken
from identity.models import User
from identity.services.accounts import open_account_for_email

PROBE_EMAIL = "smoke-test@example.com"  # nobody has an address there
PROBE_UID = "smoke-test"


def prepare_probe_customer(*, password: str, now: datetime) -> str:
    """Give the account that tests buy with this password, open it the first time; answer its address."""
    user = User.objects.filter(email=PROBE_EMAIL).first()
    if user is None:
        user = open_account_for_email(
            email=PROBE_EMAIL, password=None, display_name="Smoke test", email_verified=True, now=now
        )
    user.set_password(password)
    user.save(update_fields=["password"])
    return PROBE_EMAIL


def issue_probe_token() -> ProbeToken:
    """A token that Firestore takes for a customer's; beside an emulator an unsigned one, which it alone accepts.

    Its text is empty where FIREBASE_WEB_CONFIG names no apiKey to sign in with.

    :raises IdentityUnavailable: `identity_unavailable`.
    """
    if settings.FIRESTORE_EMULATOR_HOST:
        return ProbeToken(PROBE_UID, _unsigned({"sub": PROBE_UID, "user_id": PROBE_UID, "iat": 0}))
    api_key = str(settings.FIREBASE_WEB_CONFIG.get("apiKey", ""))
    return ProbeToken(PROBE_UID, sign_in_as(PROBE_UID, api_key=api_key) if api_key else "")


def _unsigned(claims: dict[str, object]) -> str:
    parts = (json.dumps(part).encode() for part in ({"alg": "none", "typ": "JWT"}, claims))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), ""])
