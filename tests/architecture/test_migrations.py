"""Migrations: one first state an app, and SQL in files of its own."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.architecture.source import APPS, ROOT

WITH_TABLES = [app for app in APPS if (ROOT / app / "migrations").is_dir()]


def migrations(app: str) -> list[Path]:
    return sorted((ROOT / app / "migrations").glob("[0-9]*.py"))


@pytest.mark.parametrize("app", WITH_TABLES)
def test_an_app_has_one_first_migration(app: str) -> None:
    first = [
        path.name
        for path in migrations(app)
        if re.search(r"^\s*initial = True", path.read_text(), re.MULTILINE)
    ]
    assert first == ["0001_initial.py"]


@pytest.mark.parametrize("app", WITH_TABLES)
def test_every_sql_file_is_loaded_by_a_migration(app: str) -> None:
    loading = "\n".join(path.read_text() for path in migrations(app))
    files = {path.name for path in (ROOT / app / "migrations" / "sql").glob("*.sql")}
    unloaded = {name for name in files if name not in loading and name.removesuffix(".sql") not in loading}
    assert unloaded == set()


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
