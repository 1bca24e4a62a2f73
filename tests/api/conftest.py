import io
import uuid

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from foundation.models import IdempotencyRecord
from identity.kinds import SYSTEM_ACTOR, Scope
from identity.models import User
from identity.services.accounts import open_account_for_email
from identity.services.api_keys import create_api_key
from payments.models import Purchase
from sandbox.stripe.client import SandboxControls
from tests.support.google import unsigned_token
from tokens.kinds import AccountKind, EntryType
from tokens.models import Entry, Hold, Wallet
from tokens.queries.integrity import find_imbalances
from tokens.queries.wallets import wallet_of
from tokens.services import ledger


@pytest.fixture
def stripe():
    """The Stripe sandbox, empty, and its clock where ours is."""
    controls = SandboxControls(django_settings.STRIPE_API_BASE)
    controls.reset()
    yield controls
    controls.stop_failing()


@pytest.fixture
def packages(db, stripe):
    """The four packages of the start, on sale here and at Stripe."""
    call_command("seed_catalog", stdout=io.StringIO())


@pytest.fixture
def alice(db):
    return _open_customer("alice")


@pytest.fixture
def bob(db):
    return _open_customer("bob")


def _open_customer(name):
    """Without a password: nobody signs in with one here."""
    return open_account_for_email(email=f"{name}@example.com", password=None, now=timezone.now())


@pytest.fixture
def carol(db):
    """Staff, made at the command line, and so without a wallet."""
    return User.objects.create_superuser("carol@example.com")


@pytest.fixture
def sign_in():
    def as_person(user):
        client = Client()
        client.force_login(user)
        return client

    return as_person


@pytest.fixture
def alices(alice, sign_in):
    return sign_in(alice)


@pytest.fixture
def bearer(settings, monkeypatch):
    """Makes the header of a token as the Auth emulator issues it, which the sandbox accepts unsigned."""
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:9")
    return lambda uid: {"Authorization": f"Bearer {unsigned_token(settings.GOOGLE_CLOUD_PROJECT, uid)}"}


@pytest.fixture
def key_of():
    """Makes the header of a new key of a service."""

    def make(service="renderer", *scopes):
        scopes = scopes or tuple(Scope)
        key = create_api_key(service=service, scopes=scopes, actor=SYSTEM_ACTOR, now=timezone.now())
        return {"Authorization": f"Api-Key {key}"}

    return make


@pytest.fixture
def ask(client, key_of):
    """Calls as the service `renderer`, with all scopes."""
    headers = key_of()

    def post(call, body=None, key=None, **more):
        key = str(uuid.uuid4()) if key is None else key
        return client.post(
            f"/api/tokens/{call}",
            body or {},
            content_type="application/json",
            headers={**headers, "Idempotency-Key": key, **more},
        )

    return post


@pytest.fixture
def credit():
    """Credits a customer's wallet: bought tokens, and bonus on top."""

    def post(user, tokens, bonus=0, entry_type=EntryType.PURCHASE):
        return ledger.post(
            entry_type=entry_type,
            reference=f"test:{uuid.uuid4()}",
            account_id=wallet_of(user.id).account_id,
            counter_lines={AccountKind.ISSUANCE: -tokens, AccountKind.PROMOTIONS: -bonus},
            package_code="basic" if entry_type == EntryType.PURCHASE else "",
            now=timezone.now(),
        )

    return post


@pytest.fixture
def start():
    """Starts a purchase through the API, and gives the answer."""

    def post(client, package="basic", key=None, **headers):
        key = str(uuid.uuid4()) if key is None else key
        headers = {"Idempotency-Key": key, **headers} if key else headers
        body = {"package": package}
        return client.post("/api/tokens/purchases", body, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def rows():
    """What is kept of people, purchases and wallets: equal before and after means that nothing changed."""

    def snapshot():
        return (
            list(User.objects.order_by("id").values("id", "email", "firebase_uid", "is_active", "password")),
            list(Purchase.objects.order_by("id").values()),
            list(Wallet.objects.order_by("account_id").values()),
            Entry.objects.count(),
            list(Hold.objects.order_by("id").values()),
        )

    return snapshot


@pytest.fixture
def refused(rows):
    """Makes a call, and checks that it was refused with this status and code, and changed nothing."""

    def check(status, code, call):
        before = rows()
        answer = call()
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
        problem = answer.json()
        assert (problem["status"], problem["code"]) == (status, code)
        assert {"type", "title", "detail"} <= problem.keys()
        assert rows() == before
        return answer

    return check


@pytest.fixture
def forget():
    """The idempotency store's rows are gone, as after a crash, or after their time."""
    return lambda: IdempotencyRecord.objects.all().delete()


@pytest.fixture
def balance(key_of):
    """A customer's balance, as a service reads it."""
    headers = key_of("reader", Scope.TOKENS_READ)
    return lambda user: Client().get("/api/tokens/balance", {"user": str(user.id)}, headers=headers).json()


@pytest.fixture
def books(db):
    """After the test nothing in the ledger may be wrong."""
    yield
    assert find_imbalances() == []
