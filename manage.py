#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from config import env

# These commands connect as the owner of the tables; the build has no secrets.
PROCESSES = {
    "migrate": env.Process.OWNER,
    "grant_database_rights": env.Process.OWNER,
    "rebuild_balances": env.Process.OWNER,
    "collectstatic": env.Process.BUILD,
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    env.declare(PROCESSES.get("".join(sys.argv[1:2]), env.Process.OTHER))
    execute_from_command_line(sys.argv)
