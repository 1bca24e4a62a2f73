import uuid

import pytest

from identity.services import accounts
from tests.support.google import FakeGoogle, unsigned_token


@pytest.fixture(scope="session")
def _google(tmp_path_factory):
    google = FakeGoogle(tmp_path_factory.mktemp("google"))
    yield google
    google.stop()


@pytest.fixture
def project(settings):
    """A Firebase project of this test's own, so that no client has kept another test's certificates."""
    settings.GOOGLE_CLOUD_PROJECT = f"demo-{uuid.uuid4().hex[:12]}"
    return settings.GOOGLE_CLOUD_PROJECT


@pytest.fixture
def google(_google, project, monkeypatch):
    for name, value in _google.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FIREBASE_AUTH_EMULATOR_HOST", raising=False)
    yield _google
    _google.forget()


@pytest.fixture
def bearer(project, monkeypatch):
    """Makes the header of a token as the Auth emulator issues it, which the sandbox accepts unsigned."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9")
    return lambda uid, **claims: {"Authorization": f"Bearer {unsigned_token(project, uid, **claims)}"}


@pytest.fixture
def opened(monkeypatch):
    """Every account that is opened during the test: (user id, document id)."""
    seen = []

    def note(*, user_id, document_id, now):
        seen.append((user_id, document_id))

    accounts.register_account_opener(note)
    yield seen
    accounts._openers.remove(note)
