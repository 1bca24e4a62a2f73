"""The stand-in keeps its documents in a file if asked, whole commits or none."""

from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from sandbox.firestore.launcher import find_emulator_jar, start_firestore
from tests.sandbox.firestore.conftest import BOUNDED


@pytest.fixture
def restarted(tmp_path, monkeypatch):
    """Start the stand-in on the same file again and again; each start ends the one before by a kill."""
    servers: list[Any] = []

    def start():
        if servers:
            servers[-1].child.process.kill()
            servers[-1].child.process.wait()
        data = tmp_path / "documents"
        servers.append(start_firestore(tmp_path, stand_in=True, data=data, environment={}))
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", servers[-1].url)
        return firestore.Client(project="demo-restart", credentials=AnonymousCredentials())

    yield start
    servers[-1].stop()


def test_documents_outlive_a_kill(restarted):
    db = restarted()
    db.document("things/kept").set({"n": 1}, **BOUNDED)
    db.document("things/gone").set({"n": 1}, **BOUNDED)
    db.document("things/gone").delete(**BOUNDED)
    written = db.document("things/kept").update({"n": firestore.Increment(1)}, **BOUNDED)
    for _ in range(2):  # the second start reads what the first one rewrote
        db.close()
        db = restarted()
        assert {found.id: found.to_dict() for found in db.collection("things").stream(**BOUNDED)} == {
            "kept": {"n": 2}
        }
    option = db.write_option(last_update_time=written.update_time)
    later = db.document("things/kept").update({"n": 3}, option=option, **BOUNDED)
    assert later.update_time > written.update_time
    db.close()


def test_a_commit_that_was_cut_off_is_dropped_whole(restarted, tmp_path):
    db = restarted()
    db.document("things/before").set({"n": 1}, **BOUNDED)
    batch = db.batch()
    batch.set(db.document("things/one"), {"n": 1})
    batch.set(db.document("things/two"), {"n": 1})
    batch.commit(**BOUNDED)
    db.close()
    file = tmp_path / "documents"
    file.write_bytes(file.read_bytes()[:-3])
    db = restarted()
    assert [found.id for found in db.collection("things").stream(**BOUNDED)] == ["before"]
    db.document("things/after").set({"n": 1}, **BOUNDED)
    db.close()
    db = restarted()
    assert [found.id for found in db.collection("things").stream(**BOUNDED)] == ["after", "before"]
    db.close()


def test_an_address_in_the_environment_is_used_as_it_is(tmp_path):
    server = start_firestore(tmp_path, environment={"FIRESTORE_EMULATOR_HOST": "there:8080"})
    assert server.url == "there:8080"
    assert server.child is None


def test_the_emulator_is_found_in_the_sdk_that_the_environment_names(tmp_path, monkeypatch):
    jar = tmp_path / "sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    java = tmp_path / "java"
    java.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_emulator_jar({"CLOUDSDK_ROOT": str(tmp_path / "sdk")}) == jar
    java.unlink()
    assert find_emulator_jar({"CLOUDSDK_ROOT": str(tmp_path / "sdk")}) is None


def test_the_newest_emulator_in_the_cache_of_firebase_tools_is_found(tmp_path, monkeypatch):
    (tmp_path / "java").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sandbox.firestore.launcher.SDK_ROOTS", ())
    cache = Path(tmp_path, ".cache/firebase/emulators")
    cache.mkdir(parents=True)
    for version in ("1.19.8", "1.20.2"):
        (cache / f"cloud-firestore-emulator-v{version}.jar").touch()
    found = find_emulator_jar({"HOME": str(tmp_path)})
    assert found == cache / "cloud-firestore-emulator-v1.20.2.jar"
