import io
import uuid

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from identity.services.accounts import open_account_for_email
from payments.models import Purchase
from sandbox.stripe.client import SandboxControls
from tokens.models import Entry, Wallet


@pytest.fixture
def stripe_sandbox():
    """Stripe, empty: nobody is told of what happens there."""
    controls = SandboxControls(django_settings.STRIPE_API_BASE)
    controls.reset()
    return controls


@pytest.fixture
def packages(db, stripe_sandbox):
    """The four packages of the start, on sale here and at Stripe."""
    call_command("seed_catalog", stdout=io.StringIO())


@pytest.fixture
def person(db):
    """Makes people."""

    def open_account(name):
        return open_account_for_email(
            email=f"{name}-{uuid.uuid4().hex[:8]}@example.com", password=None, now=timezone.now()
        )

    return open_account


@pytest.fixture
def alice(person):
    return person("alice")


@pytest.fixture
def bob(person):
    return person("bob")


@pytest.fixture
def sign_in():
    """Makes a browser of this person's."""

    def as_person(user):
        client = Client()
        client.force_login(user)
        return client

    return as_person


@pytest.fixture
def alices(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def buy(packages):
    """Presses the button of a package, and gives the purchase."""

    def press(client, package="basic"):
        key = str(uuid.uuid4())
        answer = client.post("/buy-tokens", {"package": package, "idempotency_key": key})
        assert answer.status_code == 303, answer.content.decode()
        return Purchase.objects.get(idempotency_key=key)

    return press


@pytest.fixture
def pay(stripe_sandbox):
    """Pays a purchase at Stripe; nobody tells us of it."""

    def with_card(purchase, card="4242424242424242"):
        stripe_sandbox.pay(purchase.stripe_session_id, card)
        return purchase

    return with_card


@pytest.fixture
def rows():
    """What is kept of purchases and wallets: equal before and after means that nothing was changed."""

    def snapshot():
        return (
            list(Purchase.objects.order_by("id").values()),
            list(Wallet.objects.order_by("account_id").values()),
            Entry.objects.count(),
        )

    return snapshot
