"""Google's emulator and the stand-in, one after the other, for every probe."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from sandbox.firestore.launcher import start_firestore

# Every call is bounded: the client's defaults wait for minutes.
BOUNDED: dict[str, Any] = {"timeout": 15, "retry": Retry(initial=0.1, maximum=0.5, timeout=8)}


@pytest.fixture(scope="session")
def stand_in_host(tmp_path_factory) -> Iterator[str]:
    server = start_firestore(tmp_path_factory.mktemp("stand-in"), stand_in=True, environment={})
    yield server.url
    server.stop()


@pytest.fixture(params=[pytest.param("emulator", marks=pytest.mark.emulator), "stand_in"])
def host(request):
    if request.param == "emulator":
        return os.environ["FIRESTORE_EMULATOR_HOST"]
    return request.getfixturevalue("stand_in_host")


@pytest.fixture
def project() -> str:
    return f"demo-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def connect(host, project, monkeypatch) -> Iterator:
    """Make clients of one project; each has its own connection."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", host)
    clients = []

    def make() -> firestore.Client:
        clients.append(firestore.Client(project=project, credentials=AnonymousCredentials()))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def db(connect):
    return connect()
