"""The squashed migrations of dj-stripe, for demo and tests, make what its real ones make."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from sandbox.environment import DJSTRIPE_MIGRATIONS

SQUASHED = {"djstripe": DJSTRIPE_MIGRATIONS}


def state_by(settings, migration_modules: dict[str, str]) -> tuple[ProjectState, MigrationLoader]:
    settings.MIGRATION_MODULES = migration_modules
    loader = MigrationLoader(None)
    return loader.project_state(), loader


def djstripe_changes(before: ProjectState, after: ProjectState, loader: MigrationLoader) -> list[str]:
    changes = MigrationAutodetector(before, after).changes(loader.graph)
    return [
        operation.describe()
        for migration in changes.get("djstripe", [])
        for operation in migration.operations
    ]


def test_they_end_where_the_real_ones_end(settings):
    squashed, loader = state_by(settings, SQUASHED)
    real, real_loader = state_by(settings, {})
    assert djstripe_changes(squashed, real, loader) == []
    assert djstripe_changes(real, squashed, real_loader) == []


def test_they_make_the_tables_of_the_models(settings):
    squashed, loader = state_by(settings, SQUASHED)
    assert djstripe_changes(squashed, ProjectState.from_apps(apps), loader) == []


def test_the_comparison_sees_a_difference(settings):
    squashed, loader = state_by(settings, SQUASHED)
    real, _ = state_by(settings, {})
    real.remove_field("djstripe", "charge", "customer")
    assert djstripe_changes(squashed, real, loader) != []


def test_the_tests_run_on_them(settings):
    assert settings.MIGRATION_MODULES == SQUASHED
