"""Run a command that cannot outlive its starter. Executed as a script, before anything is installed.

Usage: leash.py PARENT_PID DEATH_SIGNAL UID GID COMMAND...   (UID -1: stay who we are)

The leash gives up root's rights where it is told to, asks the kernel for a signal when the
parent dies (Linux), and then becomes the command. A parent that was killed with SIGKILL thus
leaves nothing behind. The order matters: a change of user clears the kernel's promise.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become the command, or leave with 1 when the parent is already gone."""
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - becoming the command is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])
