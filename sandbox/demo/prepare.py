"""Prepares the demo's database: tables, roles, packages, people. Repeatable; run as a process of its own."""

import os
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from config import env
from sandbox.demo.people import PEOPLE, Part, Person
from sandbox.environment import APPLICATION_ROLE

ROOT = Path(__file__).resolve().parents[2]
ROLES = ROOT / "deploy" / "database_roles.sql"


def prepare() -> None:
    """Do all of it, as the owner of the tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    env.declare(env.Process.OWNER)
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    _grant_application_role()
    call_command("sync_roles")
    call_command("seed_catalog")
    _add_people()


def _grant_application_role() -> None:
    """Give the role that the web process and the workers run under its rights, as in production."""
    from django.db import connection  # noqa: PLC0415 - needs the settings

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {APPLICATION_ROLE} LOGIN")
        cursor.execute("SELECT set_config('token_economy.application_role', %s, false)", [APPLICATION_ROLE])
        cursor.execute(ROLES.read_text())


def _add_people() -> None:
    """Open the accounts that are not there yet; leave those that are as they are."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - needs the apps
    from django.utils import timezone  # noqa: PLC0415 - needs the settings

    from identity.services.accounts import open_account_for_email  # noqa: PLC0415 - needs the apps

    for person in PEOPLE:
        if get_user_model().objects.filter(email=person.email).exists():
            continue
        user = open_account_for_email(
            email=person.email,
            password=person.password,
            display_name=person.name,
            email_verified=True,
            now=timezone.now(),
        )
        if person.part is not Part.CUSTOMER:
            _make_staff(user, person)
        print(f"{person.email}: {person.part}")


def _make_staff(user: Any, person: Person) -> None:
    """Give a person of the demo their role; the administrator is a superuser, too."""
    from django.contrib.auth.models import Group  # noqa: PLC0415 - needs the apps

    user.is_staff = True
    user.is_superuser = person.part is Part.ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    role = "administrator" if user.is_superuser else str(person.part)
    user.groups.add(Group.objects.get(name=role))


if __name__ == "__main__":
    prepare()
