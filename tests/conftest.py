"""What every test finds."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests.support.database import clear_by_deleting, install_application_role, leave_application_role
from tests.support.migrated import make_template


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two browsers at once only wait for each other: their tests share a worker. The longest tests begin first.

    Tests that use transactions would else come last, and one of two minutes at the end would have all others wait.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
    pytestconfig: pytest.Config,
) -> None:
    """Copy a database that is migrated already, where Django would migrate one for each worker."""
    with django_db_blocker.unblock():
        template = make_template(pytestconfig.cache.mkdir("migrated"))
    connection.settings_dict["TEST"].update(TEMPLATE=template, MIGRATE=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The product's connections work under the application's role, in every test."""
    with django_db_blocker.unblock():
        install_application_role()
    clear_by_deleting()
    yield
    with django_db_blocker.unblock():
        leave_application_role()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Passwords are hashed by the product's algorithm, once instead of a million times."""
    with override_settings(PASSWORD_HASHERS=["tests.support.hashing.QuickHasher"]):
        yield


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One browser for the whole run; each visitor has a context of their own. Playwright starts once a process."""
    from tests.support.browser import started_chromium  # noqa: PLC0415 - needs the apps, and few tests need it

    with started_chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Counters in Redis are each test's own."""
    yield
    for name in ("default", "counters"):
        caches[name].clear()
