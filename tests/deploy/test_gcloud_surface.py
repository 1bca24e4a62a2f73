"""The stand-in knows no command and no flag that gcloud does not have."""

from functools import cache
from typing import Any

import pytest

from tests.deploy.gcloud.commands import COMMANDS, EVERYWHERE
from tests.support.servers import find_gcloud_commands

# The tree takes a second to read: one worker reads it, once.
pytestmark = [pytest.mark.gcloud, pytest.mark.xdist_group("gcloud")]


@cache
def real_commands() -> dict[str, Any]:
    """All commands of the gcloud on this machine."""
    tree = find_gcloud_commands()
    assert tree
    names: dict[str, Any] = {}
    exec(compile(tree.read_text(), str(tree), "exec"), names)
    found: dict[str, Any] = names["STATIC_COMPLETION_CLI_TREE"]
    return found


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_gcloud_has_the_command_with_these_flags(path: str):
    node, flags = real_commands(), set(real_commands()["flags"])
    for word in path.split():
        assert word in node["commands"], path
        node = node["commands"][word]
        flags |= set(node.get("flags", {}))

    # A switch is listed without its opposite.
    unknown = {flag for flag in COMMANDS[path].known | EVERYWHERE if flag not in flags}
    assert {flag for flag in unknown if flag.replace("--no-", "--", 1) not in flags} == set()
