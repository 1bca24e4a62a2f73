"""The stand-in knows no command and no flag that gcloud does not have."""

import os
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.gcloud.commands import COMMANDS, EVERYWHERE


@cache
def real_commands() -> dict[str, Any]:
    """All commands of the gcloud on this machine, from the tree it completes command lines with."""
    program = shutil.which("gcloud")
    tree = program and Path(program).resolve().parents[1] / "data" / "cli" / "gcloud_completions.py"
    if not tree or not tree.exists():
        if os.environ.get("CI"):
            pytest.fail("gcloud is missing, and nothing else proves the scripts' flags.")
        pytest.skip("gcloud is not installed here.")
    names: dict[str, Any] = {}
    exec(compile(tree.read_text(), str(tree), "exec"), names)
    found: dict[str, Any] = names["STATIC_COMPLETION_CLI_TREE"]
    return found


@pytest.mark.xdist_group("gcloud-surface")  # the tree takes a second to read
@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_gcloud_has_the_command_with_these_flags(path: str):
    node, flags = real_commands(), set(real_commands()["flags"])
    for word in path.split():
        assert word in node["commands"], path
        node = node["commands"][word]
        flags |= set(node.get("flags", {}))

    assert COMMANDS[path].known | EVERYWHERE <= flags
