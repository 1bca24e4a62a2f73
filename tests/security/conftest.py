"""Who limits are about, and who grants them exceptions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity.kinds import Actor, ActorKind
from identity.models import User
from identity.services.accounts import open_account_for_email
from security.kinds import OverrideKind, PurchaseFacts
from security.models import Override
from security.services.overrides import grant_override

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Grant = Callable[..., Override]


def facts(user: User, **more: Any) -> PurchaseFacts:
    """What is known of a customer who has done nothing yet."""
    known: dict[str, Any] = {
        "user_id": user.id,
        "account_opened_at": NOW,
        "address": "",
        "package_code": "basic",
        "price_cents": 1499,
        "started_at": (),
        "declined_at": (),
        "declined_at_address": (),
        "buyers_at_address": 0,
    }
    return PurchaseFacts(**known | more)


@pytest.fixture
def alice(db: None) -> User:
    """A customer."""
    return open_account_for_email(email="alice@example.com", password=None, now=NOW)


@pytest.fixture
def bob(db: None) -> User:
    """Another one."""
    return open_account_for_email(email="bob@example.com", password=None, now=NOW)


@pytest.fixture
def carol(db: None) -> Actor:
    """Staff."""
    user = User.objects.create_superuser("carol@example.com")
    return Actor(ActorKind.STAFF, str(user.id))


@pytest.fixture
def grant(carol: Actor) -> Grant:
    """Grant an override: `grant(alice, OverrideKind.NUMBERS, hourly_max=8)`."""

    def to(user: User, kind: OverrideKind = OverrideKind.NUMBERS, **more: Any) -> Override:
        now = more.pop("now", NOW)
        wanted: dict[str, Any] = {
            "reason": "They buy for a class.",
            "ends_at": now + timedelta(days=1),
            "actor": carol,
            "now": now,
        }
        return grant_override(user_id=user.id, kind=kind, **wanted | more)

    return to
