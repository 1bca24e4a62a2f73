"""What a client may do, asked as a client asks: at Google's emulator, and at Google as it answers."""

import uuid

import pytest

from identity.services.probes import issue_probe_token
from mirror.errors import RulesUnknown
from mirror.queries.client_rules import find_allowed_writes
from tests.firestore.emulator import RULES, Project
from tests.smoke.conftest import smoke
from tests.support.google import FakeGoogle

__all__ = ["smoke"]
OPEN_TO_ALL = RULES.read_text().replace("allow write: if false", "allow write: if true")


@pytest.fixture
def google(tmp_path, settings, monkeypatch):
    settings.FIRESTORE_EMULATOR_HOST = ""
    settings.GOOGLE_CLOUD_PROJECT = f"demo-{uuid.uuid4().hex[:12]}"
    google = FakeGoogle(tmp_path)
    for name, value in google.environment.items():
        monkeypatch.setenv(name, value)
    yield google
    google.stop()


@pytest.mark.emulator
def test_our_rules_let_nobody_write_and_careless_ones_are_found(settings, smoke, db):
    settings.GOOGLE_CLOUD_PROJECT = Project().id
    assert smoke("http://x", "--only", "firestore_rules")["firestore_rules"] == (
        "ok",
        "neither a stranger nor a signed-in customer writes anything",
    )

    settings.GOOGLE_CLOUD_PROJECT = Project(OPEN_TO_ALL).id
    verdict, words = smoke("http://x", "--only", "firestore_rules")["firestore_rules"]
    assert verdict == "failed"
    for path in ("transactions/smoke-test", "packages/smoke-test", "security_alerts/smoke-test"):
        for whom in ("a stranger", "a customer"):
            assert f"write {path} as {whom}" in words


def test_google_is_asked_as_a_stranger_and_as_a_customer(google, settings):
    google.documents_status = 403
    settings.FIREBASE_WEB_CONFIG = {"apiKey": "public-key"}
    token = issue_probe_token()
    assert find_allowed_writes(token.text, uid=token.uid) == ["read no packages as a stranger"]
    google.documents_status = 200
    found = find_allowed_writes("", uid="uid")
    assert found[0] == "write users/uid as a stranger"
    assert found[-1] == "delete users/uid as a stranger"
    google.documents_status = 500
    with pytest.raises(RulesUnknown):
        find_allowed_writes("", uid="uid")


def test_what_smoke_says_of_google(google, settings, smoke, db):
    settings.FIREBASE_WEB_CONFIG = {}
    google.documents_status, google.packages_status = 403, 200
    assert "not tried" in smoke("http://x", "--only", "firestore_rules")["firestore_rules"][1]
    google.documents_status = 500
    assert "answered 500" in smoke("http://x", "--only", "firestore_rules")["firestore_rules"][1]
    settings.FIREBASE_WEB_CONFIG = {"apiKey": "public-key"}
    google.answer_instead = (500, b"{}")
    assert "no test token" in smoke("http://x", "--only", "firestore_rules")["firestore_rules"][1]


def test_where_nobody_serves_rules_it_cannot_be_seen(settings, smoke, db):
    settings.FIRESTORE_EMULATOR_HOST = "127.0.0.1:9"
    assert smoke("http://x", "--only", "firestore_rules")["firestore_rules"][0] == "skipped"
