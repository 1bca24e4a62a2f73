"""Settings that are unsafe where customers are stop every kind of process."""

import os
import subprocess
import sys
from typing import Any

import pytest
from celery.signals import beat_init, worker_init
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from config.checks import find_faults, refuse_unsafe_start
from tests.config.settings_file import PRODUCTION, SANDBOX, read_settings

TEST_KEYS = {
    "STRIPE_SECRET_KEY": "sk_test_" + "a1B2" * 8,
    "STRIPE_PUBLISHABLE_KEY": "pk_test_" + "a1B2" * 8,
}


def faults(variables: dict[str, str], **changes: str | None) -> list[int]:
    """Tell what the checks say of the settings that this environment makes."""
    return [number for number, _ in find_faults(read_settings(variables, **changes))]


def test_a_production_environment_is_safe() -> None:
    assert faults(PRODUCTION) == []


def test_a_sandbox_is_safe() -> None:
    assert faults(SANDBOX) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"DEBUG": "1", **TEST_KEYS}, 1),
        ({"ALLOWED_HOSTS": "tokens.example.com,*"}, 2),
        ({"SITE_URL": "http://tokens.example.com"}, 3),
        ({"SANDBOX": "1"}, 4),
        ({"SECRET_KEY": "short-but-0riginal"}, 10),
        ({"SECRET_KEY": "ab" * 40}, 10),
        ({"SECRET_KEY": "sandbox-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2}, 11),
        ({"STRIPE_PUBLISHABLE_KEY": TEST_KEYS["STRIPE_PUBLISHABLE_KEY"]}, 12),
        ({"FIREBASE_AUTH_EMULATOR_HOST": "localhost:9099"}, 20),
        ({"FIRESTORE_EMULATOR_HOST": "localhost:8080"}, 21),
        ({"STRIPE_API_BASE": "http://localhost:9000"}, 22),
        (TEST_KEYS, 23),
        ({"STAFF_SECOND_FACTOR": "off"}, 24),
    ],
    ids=str,
)
def test_an_unsafe_setting_is_refused(changes: dict[str, str], fault: int) -> None:
    assert faults(PRODUCTION, **changes) == [fault]


@pytest.mark.parametrize(
    "changes",
    [
        {"FIREBASE_AUTH_EMULATOR_HOST": "localhost:9099"},
        {"FIRESTORE_EMULATOR_HOST": "localhost:8080"},
        {"STRIPE_API_BASE": "http://localhost:9000"},
        {"SITE_URL": "http://tokens.test"},
        {"STRIPE_PUBLISHABLE_KEY": TEST_KEYS["STRIPE_PUBLISHABLE_KEY"]},
    ],
    ids=str,
)
def test_a_sandbox_may_use_stand_ins(changes: dict[str, str]) -> None:
    assert faults(SANDBOX, **changes) == []


def test_every_fault_is_told_at_once() -> None:
    with (
        override_settings(ALLOWED_HOSTS=["*"], SECRET_KEY="x"),
        pytest.raises(ImproperlyConfigured, match="2 to mend") as stop,
    ):
        refuse_unsafe_start()
    assert "ALLOWED_HOSTS" in str(stop.value)
    assert "SECRET_KEY" in str(stop.value)


def test_django_runs_the_checks_too() -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert "config.E002" in [message.id for message in run_checks(tags=["security"])]


def test_a_web_process_without_a_webhook_secret_is_refused() -> None:
    with override_settings(STRIPE_WEBHOOK_SECRETS=[]):
        refuse_unsafe_start()
        with pytest.raises(ImproperlyConfigured, match="STRIPE_WEBHOOK_SECRET is empty"):
            refuse_unsafe_start(web=True)


def test_an_unsafe_worker_or_timetable_does_not_start() -> None:
    for starts in (worker_init, beat_init):
        starts.send(sender=None)
        with override_settings(ALLOWED_HOSTS=["*"]), pytest.raises(SystemExit, match="ALLOWED_HOSTS"):
            starts.send(sender=None)


def run(*command: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run a program in a production-like environment that is not all safe."""
    merged: dict[str, Any] = {"PATH": os.environ["PATH"], **PRODUCTION, **changes}
    environment = {name: value for name, value in merged.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=settings.BASE_DIR,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("-c", "import config.wsgi"),
        ("-m", "celery", "-A", "config", "worker", "--pool", "solo"),
    ],
    ids=["wsgi", "worker"],
)
def test_an_unsafe_process_stops_and_says_why(command: tuple[str, ...]) -> None:
    done = run(*command, FIREBASE_AUTH_EMULATOR_HOST="localhost:9099")
    assert done.returncode != 0
    assert "FIREBASE_AUTH_EMULATOR_HOST is set without SANDBOX=1" in done.stderr + done.stdout


def test_the_web_process_stops_without_a_webhook_secret() -> None:
    done = run("-c", "import config.wsgi", STRIPE_WEBHOOK_SECRET=None, SECRET_KEY=None)
    assert done.returncode != 0
    assert "STRIPE_WEBHOOK_SECRET is required" in done.stderr
    assert "SECRET_KEY is required" in done.stderr


def test_a_safe_web_process_starts() -> None:
    done = run("-W", "error::UserWarning", "-c", "import config.wsgi; print(config.wsgi.application)")
    assert done.returncode == 0, done.stderr
    assert "WSGIHandler" in done.stdout


def test_the_deployment_check_is_clean_in_production() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
