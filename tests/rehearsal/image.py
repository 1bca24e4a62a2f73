"""The image's contents without Docker: what .dockerignore lets in, and requirements.txt in a bare environment.

The commands are the Dockerfile's and docker-compose.yml's own, read from there.
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PATH = "/usr/bin:/bin"


class Image:
    """A directory with /app and /venv, as the Dockerfile makes them."""

    def __init__(self, directory: Path) -> None:
        self.app, self.venv = directory / "app", directory / "venv"
        self._copy()
        self._install()
        self._build()

    def command(self, service: str) -> list[str]:
        """What a service of docker-compose.yml runs, the image's own command where it says none."""
        words = SERVICES[service].get("command") or re.findall(
            r'"([^"]+)"', DOCKERFILE.rpartition("\nCMD ")[2]
        )
        program, *arguments = shlex.split(words) if isinstance(words, str) else words
        return [str(self.venv / "bin" / program), *arguments]

    def run(self, service_or_words: str | list[str], environment: dict[str, str]) -> str:
        """Run a job to its end; give what it wrote.

        :raises subprocess.CalledProcessError: it failed.
        """
        words = self.command(service_or_words) if isinstance(service_or_words, str) else service_or_words
        done = subprocess.run(
            [str(self.venv / "bin" / "python"), *words] if words[0] == "manage.py" else words,
            cwd=self.app,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            print(done.stdout[-4000:])
            done.check_returncode()
        return done.stdout

    def _copy(self) -> None:
        """What Docker would be sent: tracked or not, everything that is let in and nothing else."""
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        for line in lines:
            if line.startswith("!"):
                source, target = ROOT / line[1:], self.app / line[1:]
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy2(source, target)

    def _install(self) -> None:
        """A bare environment with nothing but what was hashed; uv where it is at hand, which is only faster."""
        requirements = ("--require-hashes", "--no-deps", "-r", str(self.app / "requirements.txt"))
        uv = Path(sys.executable).with_name("uv")
        if uv.exists():
            _call(str(uv), "venv", "--quiet", "--python", sys.executable, str(self.venv))
            python = str(self.venv / "bin" / "python")
            _call(
                str(uv),
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                "--only-binary",
                ":all:",
                *requirements,
            )
        else:
            _call(sys.executable, "-m", "venv", str(self.venv))
            pip = str(self.venv / "bin" / "pip")
            _call(pip, "install", "--quiet", "--only-binary", ":all:", *requirements)

    def build_steps(self) -> list[list[str]]:
        """What the Dockerfile has Python do with the files: static files are collected and bytecode is compiled."""
        found = re.search(r"COPY \. \.\n(?:#.*\n)?RUN ((?:.+\\\n)*.+)\n", DOCKERFILE)
        assert found, "the Dockerfile builds otherwise"
        return [shlex.split(step)[1:] for step in found[1].replace("\\\n", " ").split("&&")]

    def _build(self) -> None:
        for words in self.build_steps():
            _call(str(self.venv / "bin" / "python"), *words, directory=self.app, environment={"PATH": PATH})


def _call(*words: str, directory: Path | None = None, environment: dict[str, str] | None = None) -> None:
    subprocess.run(words, cwd=directory, env=environment, check=True, stdout=subprocess.DEVNULL)
