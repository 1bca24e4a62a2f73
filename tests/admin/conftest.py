"""Who comes to the admin."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.admin.rows import person
from tests.support.staff import permit

SignedIn = Callable[..., Client]


@pytest.fixture
def staff(db: None) -> SignedIn:
    """Sign a member of staff in: `staff("security.view_alert", "security.handle_alert")`."""

    def sign_in(*rights: str, name: str = "bob") -> Client:
        user = person(name, is_staff=True)
        permit(user, *rights)
        return _client(user)

    return sign_in


@pytest.fixture
def superuser(db: None) -> Client:
    """Carol, who may do everything."""
    return _client(person("carol", is_staff=True, is_superuser=True))


@pytest.fixture
def customer(db: None) -> Client:
    """Alice, who buys tokens."""
    return _client(person("alice"))


def _client(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type] # any user model
    return client
