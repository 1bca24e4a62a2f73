"""Directories for servers that run as another user or that listen on a unix socket."""

import hashlib
import os
import pwd
import shutil
import tempfile
from pathlib import Path

from sandbox.processes import Identity

SOCKET_PATH_BYTES_MAX = 100  # the kernel's 108, less the name of the socket's lock file
SHARED = Path("/var/tmp")  # noqa: S108 - its entries carry a hash of the owner's path
ANYBODY_MAY_ENTER = 0o001
SOCKET_NAME = ".s.PGSQL.5432"


def nobody() -> Identity:
    """Give the system's user without rights."""
    entry = pwd.getpwnam("nobody")
    return Identity(entry.pw_uid, entry.pw_gid)


def is_reachable(path: Path) -> bool:
    """Tell whether a user without rights can enter every directory above this one."""
    return all(parent.stat().st_mode & ANYBODY_MAY_ENTER for parent in path.parents if parent.exists())


def reachable(directory: Path) -> Path:
    """Make a directory that `nobody` can reach: this one, or one elsewhere that it links to."""
    directory = directory.absolute()
    if directory.is_symlink():
        directory.readlink().mkdir(parents=True, exist_ok=True)
        return directory.readlink()
    if is_reachable(directory):
        directory.mkdir(parents=True, exist_ok=True)
        return directory
    elsewhere = _elsewhere(directory)
    shutil.rmtree(elsewhere, ignore_errors=True)  # what a directory here led to that was removed without it
    elsewhere.mkdir(parents=True)
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.symlink_to(elsewhere)
    return elsewhere


def reachable_copy(tree: Path, name: str) -> Path:
    """Give a tree of programs where `nobody` can execute it, copied once where it must be.

    A wheel's programs look for its libraries beside their package (`package.libs`), so those come along,
    in the same place seen from the programs.
    """
    if is_reachable(tree / "bin"):
        return tree
    copy = _elsewhere(tree).with_name(f"{_elsewhere(tree).name}-{name}-whole")
    package = tree.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=copy.name, dir=SHARED))
        shutil.copytree(tree, unfinished / package.name / tree.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        unfinished.chmod(0o755)
        _move_unless_there(unfinished, copy)
    return copy / package.name / tree.name


def _move_unless_there(unfinished: Path, copy: Path) -> None:
    """Give a whole copy its name; where another process was faster, its copy serves as well."""
    try:
        unfinished.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(unfinished)


def short_enough(sockets: Path) -> Path:
    """Give a directory for unix sockets: this one, unless the kernel finds its path too long."""
    if len(os.fsencode(sockets / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
        return sockets
    return _elsewhere(sockets)


def remove(directory: Path) -> None:
    """Remove a directory and what it links to elsewhere, if they are there."""
    links = [path for path in [directory, *directory.glob("*")] if path.is_symlink()]
    for link in links:
        shutil.rmtree(link.readlink(), ignore_errors=True)
        link.unlink()
    shutil.rmtree(_elsewhere(directory / "socket"), ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)


def _elsewhere(path: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]
    return SHARED / f"token-economy-{os.geteuid()}-{digest}"
