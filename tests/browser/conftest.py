import io

import pytest
from django.core.management import call_command
from django.utils import timezone

from identity.services.accounts import open_account_for_email
from tests.support.browser import chromium, visit, visitor

__all__ = ["chromium", "visit", "visitor"]

PASSWORD = "correct horse battery"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture
def site_url(live_server, settings):
    """The site's address; what is sent to Stripe leads back to it."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def packages(transactional_db):
    """The four packages of the start, on sale here and at Stripe."""
    call_command("seed_catalog", stdout=io.StringIO())


@pytest.fixture
def alice(transactional_db):
    return open_account_for_email(
        email="alice@example.com", password=PASSWORD, now=timezone.now(), email_verified=True
    )
