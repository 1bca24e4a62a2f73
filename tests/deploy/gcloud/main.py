"""Reads a command line as gcloud does, and answers it."""

from typing import NamedTuple

from tests.deploy.gcloud.cloud import Cloud, Flags, Refused
from tests.deploy.gcloud.commands import COMMANDS, READING, WITHOUT_VALUE, Command

LONGEST_PATH = 5


class Answer(NamedTuple):
    """What a call ends with."""

    status: int
    stdout: str
    stderr: str


def answer(cloud: Cloud, arguments: list[str], stdin: bytes) -> Answer:
    """Obey one call, or refuse it."""
    path = ""
    try:
        path, names, flags = _read(arguments)
        return Answer(0, _obey(cloud, path, names, {**flags, "stdin": stdin.decode()}), "")
    except Refused as refusal:
        return Answer(1, "", f"ERROR: (gcloud.{path.replace(' ', '.')}) {refusal}\n")


def _read(arguments: list[str]) -> tuple[str, list[str], Flags]:
    """Tell the command's path, its names and its flags; refuse what gcloud would not recognize."""
    words: list[str] = []
    flags: Flags = {}
    rest = iter(arguments)
    for argument in rest:
        if not argument.startswith("--"):
            words.append(argument)
            continue
        flag, equals, value = argument.partition("=")
        if not equals and flag not in WITHOUT_VALUE:
            value = next(rest, "")
        flags[flag] = value
    for length in range(LONGEST_PATH, 0, -1):
        if (path := " ".join(words[:length])) in COMMANDS:
            _check(COMMANDS[path], words[length:], flags)
            return path, words[length:], flags
    raise Refused("", f"Invalid choice: '{' '.join(words)}'.")


def _check(command: Command, names: list[str], flags: Flags) -> None:
    if unknown := flags.keys() - command.known:
        raise Refused("", f"unrecognized arguments: {' '.join(sorted(unknown))}")
    if missing := command.required - flags.keys():
        raise Refused("", f"argument {' '.join(sorted(missing))}: Must be specified.")
    if command.names >= 0 and len(names) != command.names:
        raise Refused("", f"{command.names} names are wanted, and not {names}.")


def _obey(cloud: Cloud, path: str, names: list[str], flags: Flags) -> str:
    command = COMMANDS[path]
    if not cloud.account and path != "config get":
        raise Refused("", "You do not currently have an active account selected.\n  $ gcloud auth login")
    if command.right in cloud.denied:
        raise Refused("PERMISSION_DENIED", f"Permission '{command.right}' denied on the resource.")
    written = command.run(cloud, names, flags)
    if not path.endswith(READING):
        cloud.writes += 1
    return written
