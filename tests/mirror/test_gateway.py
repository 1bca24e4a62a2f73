"""Google's client, as the mirror uses it: bounded, one per process, safe to fork."""

import json
import os
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mirror import limits, queries
from mirror.errors import FirestoreDenied, FirestoreNotConfigured, FirestoreUnavailable
from mirror.gateways import firestore
from tests.support.firestore_proxy import Fault
from tests.support.threads import in_threads


def test_firestore_is_reachable(shown):
    assert queries.firestore_reachable()


def test_firestore_down_is_told_within_about_a_second(tcp_proxy):
    assert queries.firestore_reachable()
    tcp_proxy.stop()
    before = time.monotonic()
    assert not queries.firestore_reachable()
    assert time.monotonic() - before < 2 * limits.HEALTH_SECONDS_MAX


def test_firestore_that_hangs_is_told_within_about_a_second(proxy):
    proxy.plan("BatchGetDocuments", Fault(mute=True))
    before = time.monotonic()
    assert not queries.firestore_reachable()
    assert time.monotonic() - before < 2 * limits.HEALTH_SECONDS_MAX


def test_without_a_project_nothing_is_asked(settings):
    settings.GOOGLE_CLOUD_PROJECT = ""
    assert not queries.firestore_reachable()
    with pytest.raises(FirestoreNotConfigured):
        firestore.read("subjects/alice", ["version"])


def test_a_call_to_a_server_that_is_down_is_given_up_in_time(tcp_proxy):
    tcp_proxy.stop()
    before = time.monotonic()
    with pytest.raises(FirestoreUnavailable):
        firestore.read("subjects/alice", ["version"])
    assert time.monotonic() - before < limits.CALL_SECONDS_MAX


def test_threads_share_one_client_and_a_forked_process_makes_its_own(shown):
    clients = in_threads([firestore._client] * 8)
    assert firestore._client() in clients
    assert firestore._client() is firestore._client()
    child = os.fork()
    if child == 0:
        os._exit(0 if firestore._client() not in clients else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_without_an_emulator_the_client_talks_to_google_with_our_credentials(settings, monkeypatch, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": "mirror@demo-none.iam.gserviceaccount.com",
        "token_uri": "http://127.0.0.1:9/token",
        "private_key": key.decode(),
    }
    file = tmp_path / "account.json"
    file.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    settings.FIRESTORE_EMULATOR_HOST = ""
    settings.GOOGLE_CLOUD_PROJECT = "demo-none"
    client = firestore._client()
    assert client._target == "firestore.googleapis.com"
    assert client._credentials.service_account_email == account["client_email"]
    assert client._firestore_api.transport._host == "firestore.googleapis.com:443"


def test_missing_credentials_are_an_outage_and_no_bug(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    settings.FIRESTORE_EMULATOR_HOST = ""
    settings.GOOGLE_CLOUD_PROJECT = "demo-nobody"
    with pytest.raises(FirestoreDenied):
        firestore.read("subjects/alice", ["version"])


def test_one_client_serves_many_threads_at_once(shown):
    answers = in_threads([lambda: firestore.read("subjects/nobody", ["version"]).exists] * 16)
    assert answers == [False] * 16
