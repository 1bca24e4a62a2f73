"""Who an installation is tested as."""

import pytest
from django.utils import timezone

from identity.errors import IdentityUnavailable
from identity.models import User
from identity.services.probes import PROBE_UID, issue_probe_token, prepare_probe_customer


@pytest.mark.django_db
def test_the_customer_who_tests_is_opened_once_and_has_a_new_password_each_time():
    first = prepare_probe_customer(password="one-long-password", now=timezone.now())
    assert prepare_probe_customer(password="another-password", now=timezone.now()) == first
    user = User.objects.get(email=first)
    assert user.check_password("another-password")
    assert not user.is_staff


def test_beside_an_emulator_the_token_is_unsigned(settings):
    settings.FIRESTORE_EMULATOR_HOST = "127.0.0.1:9"
    token = issue_probe_token()
    assert token.uid == PROBE_UID
    assert token.text.endswith(".")


def test_without_a_web_app_at_firebase_there_is_no_token(settings):
    settings.FIRESTORE_EMULATOR_HOST, settings.FIREBASE_WEB_CONFIG = "", {}
    assert issue_probe_token().text == ""


def test_at_firebase_the_token_is_what_a_customers_app_signs_in_for(google, settings):
    settings.FIRESTORE_EMULATOR_HOST, settings.FIREBASE_WEB_CONFIG = "", {"apiKey": "public-key"}
    assert issue_probe_token().text == f"id-token-of-{PROBE_UID}"
    google.answer_instead = (400, b"{}")
    with pytest.raises(IdentityUnavailable):
        issue_probe_token()
