"""After a restore Firestore is further than the database: what is no more goes, and nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from google.cloud import firestore

from foundation.ids import new_id
from mirror import limits
from mirror.errors import FirestoreUnavailable, WriteInterleaved
from mirror.models import MirroredSubject, OutboxRow
from mirror.services.dispatch import deliver_due
from mirror.services.projections import registration_of
from security.kinds import AlertKind, Severity
from security.models import Alert
from security.services.alerts import raise_alert
from tests.support.database import as_owner
from tests.support.shop import Shop, open_customer
from tests.support.shop_fixtures import own_firestore, shop, stripe_sandbox
from tokens.models import Package, Wallet
from tokens.projections import WALLET_FIELDS, wallet_chunk

__all__ = ["own_firestore", "shop", "stripe_sandbox"]
pytestmark = pytest.mark.usefixtures("own_firestore")


def rebuild(*arguments: str) -> str:
    words = StringIO()
    for kind in ("wallet", "package", "alert"):  # other tests register kinds of their own
        call_command("rebuild_mirror", "--after-restore", "--kind", kind, *arguments, stdout=words)
    return words.getvalue()


def shown(shop: Shop, path: str) -> dict[str, object] | None:
    return shop.document(path)


def lose_versions(shop: Shop, name: str) -> None:
    """As if the database had been restored to before: Firestore shows more of this wallet than there is."""
    document_id = shop.wallet(name).document_id
    client_set(f"users/{document_id}", {"walletVersion": 99, "tokenBalance": 1_000_000, "nickname": name})


def client_set(path: str, fields: dict[str, object]) -> None:
    with client() as firestore:
        firestore.document(path).set(fields, merge=True, timeout=10)


def client_delete(path: str) -> None:
    with client() as firestore:
        firestore.document(path).delete(timeout=10)


@contextmanager
def client() -> Iterator[firestore.Client]:
    """Firestore's own, of this test's project."""
    client = firestore.Client(project=settings.GOOGLE_CLOUD_PROJECT, database=settings.FIRESTORE_DATABASE)
    yield client
    client.close()


def test_firestore_goes_back_to_the_ledger_and_what_belongs_to_nobody_goes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "SURPLUS_PAGE_DOCUMENTS", 2)
    shop.buy("alice")
    raise_alert(
        kind=AlertKind.INBOX_PARKED,
        severity=Severity.LOW,
        dedup_key="",
        summary="",
        subject={},
        now=timezone.now(),
    )
    shop.drain()
    alert = Alert.objects.get(kind=AlertKind.INBOX_PARKED)
    lose_versions(shop, "alice")
    lost = {"walletVersion": 3, "tokenBalance": 50, "nickname": "bob", "tokensHeld": 0}
    client_set("users/uid-of-bob", lost)
    client_set("users/never-ours", {"nickname": "carol"})
    client_set("transactions/01a21af5-1ad3-7505-959a-ce5f4877105a", {"userId": "uid-of-bob", "amount": 50})
    client_set("packages/new-one", {"code": "new-one", "version": 1})
    client_set("security_alerts/not-a-uuid", {"kind": "x"})
    client_set("security_alerts/01a21af5-1ad3-7505-959a-ce5f4877105a", {"kind": "x"})

    words = rebuild()

    assert "wallet: 2 removed that belonged to nobody." in words
    assert "package: 1 removed" in words
    assert "alert: 2 removed" in words
    wallet = shop.wallet("alice")
    alice = shown(shop, f"users/{wallet.document_id}") or {}
    assert (alice["tokenBalance"], alice["walletVersion"], alice["nickname"]) == (
        250,
        wallet.version,
        "alice",
    )
    assert shown(shop, "users/uid-of-bob") == {"nickname": "bob"}
    assert shown(shop, "users/never-ours") == {"nickname": "carol"}
    assert shown(shop, f"security_alerts/{alert.id}")
    for path in (
        "transactions/01a21af5-1ad3-7505-959a-ce5f4877105a",
        "packages/new-one",
        "security_alerts/not-a-uuid",
    ):
        assert shown(shop, path) is None
    assert shown(shop, "packages/basic")
    assert "wallet: 0 removed" in rebuild()


def test_what_is_lost_is_told_before_it_is_removed_and_whether_it_comes_back(shop: Shop, tmp_path: Path):
    purchase = shop.buy("alice")
    shop.drain()
    wallet = shop.wallet("alice")
    made_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    entry = {"userId": wallet.document_id, "createdAt": made_at, "description": "Spent tokens"}
    lost: dict[str, dict[str, object]] = {
        "spend": {**entry, "type": "spend", "amount": -30},
        "spend-2": {**entry, "type": "spend", "amount": -5},
        "again": {**entry, "type": "purchase", "amount": 250, "purchaseId": str(purchase.id)},
        "gone": {**entry, "type": "purchase", "amount": 50, "purchaseId": str(new_id())},
        "expiry": {**entry, "type": "expiry", "amount": -1},
        "never-ours": {"amount": "x", "type": ["spend"]},
    }
    for name, fields in lost.items():
        client_set(f"transactions/{name}", fields)
    client_set(
        f"users/{wallet.document_id}", {"tokenBalance": 215, "tokensHeld": 7, "walletStatus": "frozen"}
    )
    client_set("users/uid-of-bob", {"tokenBalance": 50, "nickname": "bob"})
    client_set("users/never-ours", {"nickname": "carol"})
    file = tmp_path / "lost.jsonl"

    told = rebuild("--only-report")
    assert "spend                     -30" in told
    assert "2026-03-01 12:00:00" in told
    assert "Firestore shows 215, 7 held, 0 owed, frozen; the ledger has 250, 0 held, 0 owed, active" in told
    assert "uid-of-bob" in told
    assert "the ledger has no such wallet" in told
    assert "never-ours" not in told.replace("transactions", "")
    assert "2 of spend: -35 tokens in all; comes back: no." in told
    assert "1 of purchase: +250 tokens in all; comes back: from Stripe." in told
    assert "1 of purchase: +50 tokens in all; comes back: no." in told
    assert "1 of expiry: -1 tokens in all; comes back: by itself." in told
    assert shown(shop, "transactions/spend"), "nothing is changed by telling"

    told = rebuild_wallets("--lost", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == len(lost) + 2 + 1
    assert {"what": "spend", "returns": "no", "count": 2, "tokens": -35} in lines[-1]["totals"]
    spent = [line for line in lines[:-1] if line["what"] == "spend"]
    assert {(line["whose"], line["amount"], line["words"]) for line in spent} == {
        (wallet.document_id, -30, "Spent tokens"),
        (wallet.document_id, -5, "Spent tokens"),
    }
    assert shown(shop, "transactions/spend") is None
    assert "nothing that the database lacks" in rebuild_wallets()
    client_set("transactions/spend", lost["spend"])
    for unusable in (str(file), ""):  # what there is already, and a variable of the shell that nobody has set
        with pytest.raises(CommandError, match=r"Nothing is changed: "):
            rebuild_wallets("--lost", unusable)
    assert shown(shop, "transactions/spend")


def test_a_report_that_firestore_breaks_off_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    client_set("packages/new-one", {"code": "new-one", "version": 1})

    def unavailable(*_: object, **__: object) -> None:
        raise FirestoreUnavailable("away")

    with monkeypatch.context() as away:
        away.setattr("mirror.gateways.firestore.list_collection", unavailable)
        with pytest.raises(CommandError, match=f"Nothing is changed: {FirestoreUnavailable.code}"):
            rebuild_wallets()
    with pytest.raises(CommandError, match="need --after-restore"):
        call_command("rebuild_mirror", "--only-report", stdout=StringIO())
    assert shown(shop, "packages/new-one")


def rebuild_wallets(*arguments: str) -> str:
    words = StringIO()
    call_command("rebuild_mirror", "--after-restore", "--kind", "wallet", *arguments, stdout=words)
    return words.getvalue()


def test_who_comes_back_after_a_restore_is_shown_from_the_start(shop: Shop):
    """The reason for all of it: an account opened anew has the document that its lost predecessor had."""
    carol = open_customer("carol")
    document_id = Wallet.objects.get(account__owner_id=carol.id).document_id
    deliver_due(clock=timezone.now)
    client_set(f"users/{document_id}", {"walletVersion": 7, "tokenBalance": 900})
    with as_owner():
        MirroredSubject.objects.all().delete()
        OutboxRow.objects.all().delete()
    rebuild()
    assert (shown(shop, f"users/{document_id}") or {})["tokenBalance"] == 0


def test_what_is_written_meanwhile_is_left_alone_and_told(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    client_set("packages/new-one", {"code": "new-one", "version": 1})
    shelf = registration_of("package").shelves[0]

    def written_meanwhile(paths):
        client_set("packages/new-one", {"version": 2})
        return shelf.known(paths)

    monkeypatch.setattr(
        "mirror.services.orphans.registration_of", lambda kind: _With(written_meanwhile, shelf)
    )
    with pytest.raises(CommandError, match=f"{WriteInterleaved.code}. Repeat this"):
        call_command("rebuild_mirror", "--after-restore", "--kind", "package", stdout=StringIO())
    assert shown(shop, "packages/new-one") == {"code": "new-one", "version": 2}
    assert Package.objects.count() == 4


class _With:
    def __init__(self, known, shelf):
        self.shelves = [type(shelf)(shelf.collection, known, shelf.shared_fields)]


def test_it_is_about_all_subjects_and_knows_every_field_of_a_wallet(shop: Shop):
    with pytest.raises(CommandError, match="about all subjects"):
        rebuild("--subject", "x")
    wallet = shop.wallet("alice")
    chunk = wallet_chunk(str(wallet.account_id), 0, 10)
    assert chunk
    assert set(WALLET_FIELDS) == chunk.fields.keys()
