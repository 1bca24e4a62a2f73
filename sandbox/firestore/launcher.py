"""Starts Firestore: an emulator at an address, else Google's emulator jar, else our stand-in."""

import http.client
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.processes import Server, free_port, spawn, wait_for_line, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "firestore.rules"
JAR_PLACE = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
SDK_ROOTS = ("/usr/lib/google-cloud-sdk", "/usr/share/google-cloud-sdk", "/opt/google-cloud-sdk")
MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
# The emulator knows only English messages; the other flags halve its start and its appetite.
JAVA_FLAGS = ("-Duser.language=en", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
ANSWER_SECONDS_MAX = 1.0


def start_firestore(
    directory: Path,
    *,
    port: int = 0,
    data: Path | None = None,
    stand_in: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Server:
    """Start Firestore on the loopback address; the server's url is HOST:PORT.

    :param port: 0 takes a free one
    :param data: where the documents are kept over a restart; only the stand-in can, so it is taken
    :param stand_in: take the stand-in even where Google's emulator is at hand
    :raises SandboxError: when it does not start
    """
    if address := environment.get("FIRESTORE_EMULATOR_HOST"):
        return Server(address, "Firestore at FIRESTORE_EMULATOR_HOST")
    port = port or free_port()
    jar = None if stand_in or data else find_emulator_jar(environment)
    if jar:
        return _start_jar(jar, directory, port)
    return _start_stand_in(directory, port, data)


def find_emulator_jar(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Find Google's emulator: in the SDK, then in firebase-tools' cache. None without it or Java."""
    if shutil.which("java") is None:
        return None
    roots = [Path(root) for root in (environment.get("CLOUDSDK_ROOT"), *SDK_ROOTS) if root]
    if gcloud := shutil.which("gcloud"):
        roots.append(Path(gcloud).resolve().parents[1])
    cache = Path(environment.get("HOME", "~")).expanduser() / ".cache/firebase/emulators"
    candidates = [root / JAR_PLACE for root in roots]
    candidates += sorted(cache.glob("cloud-firestore-emulator-*.jar"), reverse=True)
    return next((jar for jar in candidates if jar.is_file()), None)


def _start_jar(jar: Path, directory: Path, port: int) -> Server:
    command = ["java", *JAVA_FLAGS, "-cp", str(jar), MAIN_CLASS, "start"]
    command += ["--host=127.0.0.1", f"--port={port}", f"--rules={RULES}"]
    child = spawn("Firestore emulator", command, log=directory / "firestore.log")
    wait_until_ready(child, lambda: _says_ok(port))
    return Server(f"127.0.0.1:{port}", "Google's Firestore emulator", child.stop, child)


def _start_stand_in(directory: Path, port: int, data: Path | None) -> Server:
    command = [sys.executable, "-m", "sandbox.firestore", "--port", str(port)]
    command += ["--data", str(data)] if data else []
    child = spawn("Firestore stand-in", command, log=directory / "firestore.log", directory=ROOT)
    address = wait_for_line(child, "FIRESTORE_EMULATOR_HOST=")
    return Server(address, "Firestore stand-in (no rules)", child.stop, child)


def _says_ok(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read().strip() == b"Ok"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
