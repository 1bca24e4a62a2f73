"""docs/security-audit.md names the tests that prove what it says: each of them exists."""

import ast
import re

from tests.architecture.source import ROOT

AUDIT = (ROOT / "docs" / "security-audit.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
VECTORS, CONTROLS = 6, 9
TESTS_OF_A_VECTOR_MIN = 3


def functions_of(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def section(title: str) -> str:
    return AUDIT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_every_test_that_the_audit_names_exists() -> None:
    named = NAMED.findall(AUDIT)
    assert len(named) > 50
    assert [path for path, _ in named if not (ROOT / path).is_file()] == []
    assert [f"{path}::{name}" for path, name in named if name and name not in functions_of(path)] == []


def test_each_vector_has_attacks_and_says_what_is_left() -> None:
    vectors = section("Six attack vectors").split("\n### ")[1:]
    assert len(vectors) == VECTORS
    for vector in vectors:
        title = vector.splitlines()[0]
        assert len(NAMED.findall(vector)) >= TESTS_OF_A_VECTOR_MIN, title
        assert "\nLeft: " in vector, title


def test_each_control_has_tests() -> None:
    rows = re.findall(r"^\| (\d) [^|]+\| `tests/", section("Nine controls"), re.MULTILINE)
    assert rows == [str(number) for number in range(1, CONTROLS + 1)]
