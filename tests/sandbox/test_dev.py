"""`dev` installs when the requirements changed, and says what is wrong in a stranger's words."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose requirements are empty and whose demo tells its arguments."""
    shutil.copy(ROOT / "dev", tmp_path)
    (tmp_path / "requirements-sandbox.txt").write_text("# nothing\n")
    (tmp_path / "requirements-dev.txt").write_text("# nothing\n")
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "demo.py").write_text("import sys; print('demo of', sys.prefix, sys.argv[1:])")
    (tmp_path / "manage.py").write_text("import os; print(os.environ['DATABASE_URL'])")
    return tmp_path


def dev(checkout, *arguments, with_uv=True, **variables):
    """Run dev; with uv at hand, environments take no time."""
    programs = [str(Path(sys.executable).parent)] if with_uv else []
    path = os.pathsep.join([*programs, "/usr/bin", "/bin"])
    environment = {"PATH": path, "HOME": str(checkout), **variables}
    return subprocess.run(
        [sys.executable, checkout / "dev", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_installs_once_and_again_when_the_requirements_change(checkout):
    first = dev(checkout, "demo", "--port", "80", with_uv=False)
    assert "Installing requirements-sandbox.txt" in first.stdout
    assert f"demo of {checkout / '.venv'} ['--port', '80']" in first.stdout, first
    assert "Installing" not in dev(checkout, "demo").stdout
    (checkout / "requirements-sandbox.txt").write_text("# something else\n")
    assert "Installing" in dev(checkout, "demo").stdout
    assert "Installing" not in dev(checkout, "demo").stdout


def test_each_set_of_requirements_has_its_own_stamp_and_the_environment_can_lie_elsewhere(checkout):
    elsewhere = {"DEV_VENV": str(checkout / "elsewhere")}
    assert "Installing requirements-sandbox" in dev(checkout, "demo", **elsewhere).stdout
    manage = dev(checkout, "manage", DATABASE_URL="postgresql://mine", **elsewhere)
    assert "Installing requirements-dev" in manage.stdout
    assert "postgresql://mine" in manage.stdout
    assert not (checkout / ".venv").exists()


def test_a_broken_environment_is_made_again(checkout):
    dev(checkout, "demo")
    (checkout / ".venv" / "bin" / "python").unlink()
    again = dev(checkout, "demo")
    assert "Installing" in again.stdout
    assert "demo of" in again.stdout


def test_what_cannot_be_installed_leaves_no_stamp(checkout):
    (checkout / "requirements-sandbox.txt").write_text(f"no-such-package==1 --hash=sha256:{64 * '0'}\n")
    failed = dev(checkout, "demo", PIP_NO_INDEX="1", UV_OFFLINE="1")
    assert failed.returncode != 0
    assert "no-such-package" in failed.stderr
    assert "No module named pip" not in failed.stderr
    assert "requirements-sandbox.txt could not be installed" in failed.stderr
    assert not list((checkout / ".venv").glob(".*.installed"))


@pytest.mark.parametrize("with_uv", [True, False])
def test_what_is_installed_and_what_runs_is_compiled_whatever_the_environment_says(checkout, with_uv):
    wheel = checkout / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "")
    pin = f"tiny==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    (checkout / "requirements-sandbox.txt").write_text(pin)
    (checkout / "sandbox" / "part.py").write_text("")
    (checkout / "sandbox" / "demo.py").write_text("import sandbox.part; print('demo')")
    here = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout), "UV_OFFLINE": "1"}
    here |= {"UV_FIND_LINKS": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    assert "demo" in dev(checkout, "demo", with_uv=with_uv, **here).stdout
    assert list((checkout / "sandbox").glob("__pycache__/part.*.pyc"))
    assert list((checkout / ".venv").glob("lib/*/site-packages/__pycache__/tiny.*.pyc"))


def test_manage_joins_a_running_demo(checkout):
    (checkout / ".demo").mkdir()
    (checkout / ".demo" / "environment.json").write_text('{"DATABASE_URL": "postgresql://demo"}')
    assert "postgresql://demo" in dev(checkout, "manage").stdout
    assert "postgresql://mine" in dev(checkout, "manage", DATABASE_URL="postgresql://mine").stdout


@pytest.mark.parametrize("arguments", [[], ["no-such-command"]])
def test_an_unknown_command_prints_the_usage_and_fails(checkout, arguments):
    done = dev(checkout, *arguments)
    assert done.returncode == 1
    assert "usage: ./dev COMMAND" in done.stderr
    assert not (checkout / ".venv").exists()


def test_help_is_no_failure(checkout):
    assert dev(checkout, "--help").returncode == 0


def test_an_old_python_is_told_what_to_install(checkout):
    source = (checkout / "dev").read_text()
    (checkout / "dev").write_text(source.replace("PYTHON_MIN = (3, 11)", "PYTHON_MIN = (4, 0)"))
    done = dev(checkout, "demo")
    assert done.returncode == 1
    assert "Python 4.0 or newer is needed" in done.stderr


def test_a_python_without_venv_is_told_what_to_install(checkout):
    (checkout / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    done = dev(checkout, "demo", PYTHONPATH=str(checkout), PATH="/nonexistent")
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
