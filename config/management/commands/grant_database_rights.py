"""`manage.py grant_database_rights`: give the application's role its rights, after every migrate."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

RIGHTS = Path("deploy", "database_roles.sql")
READING = Path("deploy", "read_only_role.sql")
HASH = b"scram-sha-256"


class Command(BaseCommand):
    """Makes the role that DATABASE_URL names, if it is not there, and grants; repeating it is harmless."""

    help = (
        "As the tables' owner (MIGRATION_DATABASE_URL), make the role of DATABASE_URL if there is none, give it that "
        "address's password, and grant it what deploy/database_roles.sql says. Run it after every migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Who else may look."""
        parser.add_argument(
            "--read-only",
            metavar="ROLE",
            help="Also let this role, which is there, read what deploy/read_only_role.sql says, and nothing else.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the role and grant, in one transaction."""
        role, owner = settings.DATABASE_APPLICATION_USER, connection.settings_dict["USER"]
        if not role or role == owner:
            raise CommandError(
                "DATABASE_URL and MIGRATION_DATABASE_URL must name two roles: the application may not own the ledger."
            )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            cursor.execute(_login(cursor, verb, role, settings.DATABASE_APPLICATION_PASSWORD))
            cursor.execute("SELECT set_config('token_economy.application_role', %s, true)", [role])
            cursor.execute((settings.BASE_DIR / RIGHTS).read_text())
            if reader := options["read_only"]:
                cursor.execute("SELECT set_config('token_economy.read_only_role', %s, true)", [reader])
                cursor.execute((settings.BASE_DIR / READING).read_text())
        self.stdout.write(f"{role} may use the product's tables, and only read the ledger's.")
        if reader:
            self.stdout.write(f"{reader} may read, but for keys, sessions and passwords.")


def _login(cursor: Any, verb: str, role: str, password: str) -> str:
    """Say who may sign in. The password goes as its hash: the server may log the statement."""
    statement = sql.SQL("{} ROLE {} LOGIN").format(sql.SQL(verb), sql.Identifier(role))
    if password:
        hashed = cursor.connection.pgconn.encrypt_password(password.encode(), role.encode(), HASH)
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(hashed.decode()))
    return statement.as_string(cursor.connection)
