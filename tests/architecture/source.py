"""The project's own files, read once for the tests of this folder."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("config", "backoffice", "payments", "security", "tokens", "mirror", "identity", "foundation")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file of the product."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def app(self) -> str:
        return self.path.relative_to(ROOT).parts[0]

    @property
    def room(self) -> str:
        """The part of the app that the file belongs to: `services`, `models`, `errors` …"""
        return self.path.relative_to(ROOT).parts[1].removesuffix(".py")

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Each call with the dotted name of what it calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node


@cache
def product() -> tuple[Source, ...]:
    """The apps' modules, migrations left out: Django writes those."""
    found = (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    return tuple(Source(path) for path in found if "migrations" not in path.parts)


@cache
def rooms(*names: str) -> tuple[Source, ...]:
    return tuple(source for source in product() if source.app != "config" and source.room in names)


@cache
def own_files() -> tuple[Path, ...]:
    """Every file that belongs to the project: what git tracks, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.*")]
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())
