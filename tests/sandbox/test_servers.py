"""The tests' own servers: each worker apart, nothing left out in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INI = """
[pytest]
addopts = -p tests.support.servers -p no:django -p no:randomly -p no:cacheprovider -p no:schemathesis
markers =
    browser: needs Chromium
    emulator: needs the emulator
"""
TESTS = """
import os
import pytest

def test_plain():
    assert os.environ["STRIPE_SECRET_KEY"].startswith("sk_test_")
    assert os.environ["SANDBOX"] == "1"

@pytest.mark.browser
def test_browser(): pass

@pytest.mark.emulator
def test_emulator(): pass
"""
GIVEN = {
    "DATABASE_URL": "postgresql://there/db",
    "REDIS_URL": "redis://there:6379/0",
    "STRIPE_API_BASE": "http://there",
}


@pytest.fixture
def run(tmp_path, outer_environment, bare_path):
    """Run three tests, two of them marked, on a machine without browser and emulator."""
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_it.py").write_text(TESTS)

    def run(*arguments, **variables):
        outer = {name: value for name, value in outer_environment.items() if not name.startswith("PYTEST")}
        for name in ("CI", "CHROMIUM_PATH", "TESTS_EMULATOR_AT_HAND", "COV_CORE_SOURCE"):
            outer.pop(name, None)
        return subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env={**outer, **GIVEN, "PATH": str(bare_path), "PYTHONPATH": str(ROOT), **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_what_cannot_run_is_left_out_aloud(run):
    done = run(FIRESTORE_EMULATOR_HOST="", CHROMIUM_PATH="")
    assert "1 passed, 2 deselected" in done.stdout, done
    assert done.stdout.count("NOT RUN: tests marked browser: Chromium was not found") == 2
    assert done.stdout.count("NOT RUN: tests marked emulator: Google's Firestore emulator") == 2
    assert "servers: PostgreSQL at DATABASE_URL, Redis at REDIS_URL, Firestore stand-in" in done.stdout


def test_in_ci_it_is_a_failure(run):
    done = run(CI="true")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "CI is set, but Chromium was not found" in done.stderr
    assert "Firestore emulator or Java was not found" in done.stderr


def test_where_all_are_at_hand_everything_runs(run, bare_path, tmp_path):
    kit = tmp_path / "google-cloud-sdk"
    for path in (kit / "bin" / "gcloud", kit / "data" / "cli" / "gcloud_completions.py"):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    (bare_path / "gcloud").symlink_to(kit / "bin" / "gcloud")
    done = run(CI="true", FIRESTORE_EMULATOR_HOST="there:8080", CHROMIUM_PATH="/there")
    assert "3 passed" in done.stdout, done
    assert "NOT RUN" not in done.stdout


def test_a_system_that_does_not_start_stops_the_run_with_its_reason(run, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'sandbox.firestore' in sys.orig_argv: sys.exit('no luck')"
    )
    done = run(PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Firestore stand-in ended with status 1 while starting" in done.stderr
    assert "no luck" in done.stderr


def test_what_a_killed_run_left_is_removed(run, tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    left = tmp_path / f"token-economy-tests-{dead.pid}-x"
    ours = tmp_path / f"token-economy-tests-{os.getpid()}-x"
    for path in (left, ours):
        (path / "postgres").mkdir(parents=True)
    done = run(FIRESTORE_EMULATOR_HOST="there:8080", TMPDIR=str(tmp_path))
    assert done.returncode == 0, done
    assert not left.exists()
    assert ours.exists()


def test_each_worker_has_its_own_redis_and_firestore():
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    assert os.environ["REDIS_URL"].endswith(f"/{number}")
    assert os.environ["GOOGLE_CLOUD_PROJECT"] == ("demo-tests" + (f"-{number}" if worker else ""))
