"""Systems of the sandbox, started for one test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import binaries, places
from sandbox.environment import Addresses, product_environment


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that a server running as another user can reach."""
    path = Path(tempfile.mkdtemp(prefix="sandbox-"))
    path.chmod(0o755)
    yield path
    places.remove(path)


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch) -> Path:
    """A machine without PostgreSQL, Redis, Java and browsers: what is left is ps."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ps").symlink_to(shutil.which("ps") or "")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(binaries, "POSTGRES_PLACES", ())
    monkeypatch.setattr(binaries, "REDIS_PLACES", ())
    return programs


@pytest.fixture
def outer_environment() -> dict[str, str]:
    """The environment without what the tests' own servers put there."""
    ours = product_environment(Addresses("", "", "", ""), site_url="", project="")
    return {name: value for name, value in os.environ.items() if name not in ours}
