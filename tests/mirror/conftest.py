"""What the mirror's tests share: subjects, a clock, Firestore seen directly, and proxies before it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from mirror.kinds import Claim, Outcome
from mirror.models import Drift, OutboxRow
from mirror.services import dispatch, outbox, projections
from mirror.services.delivery import deliver
from tests.mirror.book import CHANGES, Book, Killed
from tests.support.firestore_proxy import FirestoreProxy
from tests.support.proxy import TcpProxy


@pytest.fixture(autouse=True)
def _kinds_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kinds that a test registers are gone after it: whatever goes through all kinds would meet them."""
    monkeypatch.setattr(projections, "_registrations", dict(projections._registrations))


class MovedClock:
    """The time, moved by a test; it can kill whoever asks it for the n-th time."""

    def __init__(self) -> None:
        self.moved = timedelta(0)
        self.kills_at: int | None = None

    def __call__(self) -> datetime:
        if self.kills_at is not None:
            if self.kills_at == 0:
                self.kills_at = None
                raise Killed
            self.kills_at -= 1
        return timezone.now() + self.moved

    def move(self, seconds: float) -> None:
        """Let that much time pass."""
        self.moved += timedelta(seconds=seconds)


class Shown:
    """Firestore, read and written by somebody who is not the mirror."""

    def __init__(self, project: str, database: str) -> None:
        self.client = firestore.Client(project=project, database=database, credentials=AnonymousCredentials())

    def document(self, path: str) -> dict[str, Any] | None:
        """A document's fields, or None."""
        return self.client.document(path).get(timeout=10).to_dict()

    def check(self, book: Book, subject_id: str, version: int | None = None) -> None:
        """Assert that Firestore shows a version (the newest unless told) of a subject and what led to it."""
        changes = book.changes[subject_id]
        version = len(changes) if version is None else version
        shown = self.document(book.path(subject_id))
        assert shown is not None
        told = {name: value for name, value in shown.items() if name in {"total", "entries", "version"}}
        assert told == {**book.fields(subject_id, version), "version": version}
        for change in changes:
            if not change.entry_id:
                continue
            entry = self.document(book.entry_path(change.entry_id))
            if change.version > version:
                assert entry is None
            else:
                assert entry is not None
                assert entry.pop("mirroredAt")
                assert entry == book.entry(change).fields


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def shown(settings) -> Shown:
    return Shown(settings.GOOGLE_CLOUD_PROJECT, settings.FIRESTORE_DATABASE)


@pytest.fixture
def proxy(settings, shown) -> Iterator[FirestoreProxy]:
    proxy = FirestoreProxy(settings.FIRESTORE_EMULATOR_HOST)
    settings.FIRESTORE_EMULATOR_HOST = proxy.address
    yield proxy
    proxy.stop()


@pytest.fixture
def tcp_proxy(settings, shown) -> Iterator[TcpProxy]:
    with TcpProxy(settings.FIRESTORE_EMULATOR_HOST) as proxy:
        settings.FIRESTORE_EMULATOR_HOST = proxy.address
        yield proxy


@pytest.fixture
def claim_one(clock) -> Callable[[], Claim]:
    """Claim the one row that is due."""

    def claim() -> Claim:
        (claimed,) = outbox.claim(limit=10, now=clock())
        return claimed

    return claim


@pytest.fixture
def deliver_one(claim_one, clock) -> Callable[[], Outcome]:
    """Claim the one row that is due and deliver it, in this thread."""
    return lambda: deliver(claim_one(), clock=clock)


@pytest.fixture
def run(clock) -> Callable[[], object]:
    """Run a worker until nothing is due."""
    return lambda: dispatch.deliver_due(clock=clock)


@pytest.fixture
def alice(book, shown, run) -> str:
    """A subject that Firestore shows as it is."""
    alice: str = book.new_subject()
    for amount in range(1, CHANGES + 1):
        book.change(alice, amount)
    run()
    assert not OutboxRow.objects.exists()
    return alice


@pytest.fixture
def repair(book, clock, run):
    """Have a subject compared and repaired; give what was found: missing, differing, surplus."""

    def repair(subject_id: str) -> tuple[int, int, int] | None:
        outbox.request_repair(kind=book.kind, subject_id=subject_id, now=clock())
        run()
        assert not OutboxRow.objects.exists()
        assert not Drift.objects.filter(repaired_at__isnull=True).exists()
        found = Drift.objects.filter(subject_id=subject_id).order_by("-pk").first()
        return (found.missing, found.differing, found.surplus) if found else None

    return repair
