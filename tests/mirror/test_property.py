"""Whatever changes, crashes and lost answers come, in whatever order: shown is what was, then what is."""

from dataclasses import dataclass

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirror import limits
from mirror.models import OutboxRow
from mirror.services import outbox
from mirror.services.delivery import deliver
from tests.mirror.book import Book, Killed
from tests.support.firestore_proxy import Fault

pytestmark = pytest.mark.django_db(transaction=True)
CODES = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
]


@dataclass(frozen=True)
class Changes:
    """A subject changes."""

    subject: int
    amount: int
    has_entry: bool


@dataclass(frozen=True)
class Profile:
    """The owner of a subject's document writes in it."""

    subject: int


@dataclass(frozen=True)
class Delivers:
    """A worker delivers one row; it may die when it asks for the time, and commits may fail or seem to."""

    dies_at: int | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class TimePasses:
    """Leases and back-offs run out."""


subjects = st.integers(0, 1)
faults = st.one_of(
    st.just(Fault()),
    st.builds(Fault, lose=st.sampled_from(CODES)),
    st.builds(Fault, refuse=st.sampled_from(CODES)),
)
steps = st.lists(
    st.one_of(
        st.builds(Changes, subjects, st.integers(-9, 9), st.booleans()),
        st.builds(Changes, subjects, st.integers(-9, 9), st.just(value=True)),
        st.builds(Profile, subjects),
        st.builds(
            Delivers,
            st.one_of(st.none(), st.integers(0, 4)),
            st.lists(faults, max_size=3).map(tuple),
        ),
        st.builds(TimePasses),
    ),
    max_size=25,
)


class World:
    """Two subjects, a worker that may die, and somebody who watches Firestore."""

    def __init__(self, shown, proxy, clock) -> None:
        self.shown, self.proxy, self.clock = shown, proxy, clock
        self.book = Book(chunk_documents=2)
        self.subjects = [self.book.new_subject() for _ in range(2)]
        self.seen = dict.fromkeys(self.subjects, 0)
        self.writes = 0

    def take(self, step) -> None:
        match step:
            case Changes(subject, amount, has_entry):
                self.book.change(self.subjects[subject], amount, has_entry=has_entry)
            case Profile(subject):
                self.writes += 1
                document = self.shown.client.document(self.book.path(self.subjects[subject]))
                document.set({"name": self.writes}, merge=True)
            case Delivers(dies_at, planned):
                self.deliver(dies_at, planned)
            case TimePasses():
                self.clock.move(limits.BACK_OFF_SECONDS_MAX)
        self.watch()

    def deliver(self, dies_at, planned=()) -> None:
        for claimed in outbox.claim(limit=1, now=self.clock()):
            self.proxy.plan("Commit", *planned)
            self.clock.kills_at = dies_at
            try:
                deliver(claimed, clock=self.clock)
            except Killed:
                pass
            finally:
                self.clock.kills_at = None
                self.proxy.forget_plans()

    def watch(self) -> None:
        for subject_id in self.subjects:
            document = self.shown.document(self.book.path(subject_id)) or {}
            version = document.get("version", 0)
            assert version >= self.seen[subject_id]
            self.seen[subject_id] = version
            if version:
                self.shown.check(self.book, subject_id, version)

    def settle(self) -> None:
        while OutboxRow.objects.exists():
            self.clock.move(limits.BACK_OFF_SECONDS_MAX)
            self.deliver(None)
            self.watch()
            assert not OutboxRow.objects.filter(parked_at__isnull=False).exists()
        for subject_id in self.subjects:
            assert self.seen[subject_id] == len(self.book.changes[subject_id])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=steps)
def test_any_interleaving_shows_only_what_was_and_ends_equal(steps, shown, proxy, clock, monkeypatch):
    monkeypatch.setattr(limits, "CALL_RETRY_SECONDS_MAX", 0.2)
    world = World(shown, proxy, clock)
    for step in steps:
        world.take(step)
    world.settle()
