"""`manage.py grant_database_rights`: the application's role, as a deployment makes it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from tests.support.database import as_owner


@dataclass
class Role:
    """A role that the deployment shall make."""

    name: str
    password: str

    def can(self, right: str, table: str) -> bool:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [self.name, table, right])
            return bool(cursor.fetchone()[0])

    def row(self) -> Any:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolpassword, rolcanlogin, rolsuper FROM pg_authid WHERE rolname = %s", [self.name]
            )
            return cursor.fetchone()


@pytest.fixture
def role(db: None, settings: Settings) -> Iterator[Role]:
    """Its name and password are in DATABASE_URL; the role is gone with the test's transaction."""
    role = Role(f"app_{uuid.uuid4().hex[:8]}", "quote ' and %s")
    settings.DATABASE_APPLICATION_USER, settings.DATABASE_APPLICATION_PASSWORD = role.name, role.password
    with as_owner():
        yield role


def test_the_role_is_made_and_may_only_read_the_ledger(role: Role, capsys: pytest.CaptureFixture[str]):
    with as_owner():
        call_command("grant_database_rights")

    assert role.can("INSERT", "payments_purchase")
    assert role.can("SELECT", "tokens_entry")
    assert not role.can("INSERT", "tokens_entry")
    assert not role.can("UPDATE", "tokens_wallet")
    hashed, may_login, is_superuser = role.row() or ("", None, None)
    assert (may_login, is_superuser) == (True, False)
    assert hashed.startswith("SCRAM-SHA-256$")
    assert role.password not in capsys.readouterr().out


def test_granting_again_takes_another_password_and_keeps_the_rights(role: Role, settings: Settings):
    with as_owner():
        call_command("grant_database_rights")
    before = role.row()
    settings.DATABASE_APPLICATION_PASSWORD = "another"

    with as_owner():
        call_command("grant_database_rights")

    assert role.row() != before
    assert role.can("SELECT", "tokens_wallet")


def test_without_a_password_the_role_signs_in_by_other_means(role: Role, settings: Settings):
    settings.DATABASE_APPLICATION_PASSWORD = ""
    with as_owner():
        call_command("grant_database_rights")
    assert role.row() == (None, True, False)


def test_a_role_that_only_looks_sees_no_key_no_session_and_no_password(role: Role):
    reader = Role(f"reader_{uuid.uuid4().hex[:8]}", "")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {reader.name}")
        call_command("grant_database_rights", read_only=reader.name)
        cursor.execute(
            "SELECT has_column_privilege(%s, 'identity_user', 'password', 'SELECT')", [reader.name]
        )
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT has_column_privilege(%s, 'identity_user', 'email', 'SELECT')", [reader.name])
        assert cursor.fetchone() == (True,)

    for table in ("tokens_posting", "payments_purchase", "identity_auditrecord"):
        assert reader.can("SELECT", table)
        assert not reader.can("INSERT, UPDATE, DELETE, TRUNCATE", table)
    for table in (
        *("djstripe_apikey", "django_session", "mfa_authenticator", "identity_apikey"),
        "usersessions_usersession",
    ):
        assert not reader.can("SELECT", table)


@pytest.mark.parametrize("same", [True, False])
def test_the_owner_is_not_the_application(role: Role, settings: Settings, same: bool):
    settings.DATABASE_APPLICATION_USER = connection.settings_dict["USER"] if same else ""
    with pytest.raises(CommandError, match="two roles"):
        call_command("grant_database_rights")
    assert role.row() is None
