"""Where a script is run with stand-ins on its path, and what could be seen of it afterwards."""

import os
import subprocess
from pathlib import Path
from typing import Any

from tests.deploy.gcloud.server import Server

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "shop-1"
SECONDS_MAX = 60


class Workbench:
    """One operator's machine."""

    def __init__(self, directory: Path, gcloud: Server) -> None:
        self.directory = directory
        self.cloud = gcloud.cloud
        self.calls = gcloud.calls
        self._seen = gcloud.seen
        self._bin = directory / "bin"
        self._bin.mkdir()
        self._tmp = directory / "tmp"
        self._tmp.mkdir()
        self.install("gcloud", gcloud.stub)

    def install(self, name: str, text: str) -> None:
        """Put a program on the path."""
        program = self._bin / name
        program.write_text(text)
        program.chmod(0o755)

    @property
    def state(self) -> dict[str, Any]:
        """The project as it is now."""
        return self.cloud.snapshot()

    def run(
        self, *command: str, values: dict[str, str] | None = None, stdin: str | None = None, path: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of the project's; what it writes is kept for `assert_hidden`."""
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={
                "PATH": path or f"{self._bin}:{os.environ['PATH']}",
                "HOME": str(self.directory),
                "TMPDIR": str(self._tmp),
                **(values or {}),
            },
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
            start_new_session=True,
        )
        self._seen += [done.stdout, done.stderr]
        return done

    def left_behind(self) -> list[Path]:
        """The temporary files that are still there."""
        return [file for file in self._tmp.rglob("*") if file.is_file()]

    def assert_hidden(self, *secrets: str) -> None:
        """Nobody could have seen these: not in `ps`, an environment, an output or a file left behind."""
        seen = "\n".join([*self._seen, *(file.read_text() for file in self.left_behind())])
        assert seen
        for secret in secrets:
            assert secret not in seen
