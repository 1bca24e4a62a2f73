"""Scans find drift among subjects at rest, in turn; a rebuild compares everything; both can be stopped and go on."""

import threading
from datetime import timedelta
from io import StringIO

import grpc
import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.utils import timezone

from mirror import limits
from mirror.kinds import SCAN_TASK, Ending
from mirror.models import Drift, OutboxRow, ScanProgress
from mirror.queries import drift_since
from mirror.services import drift, outbox, scan
from mirror.tasks import scan as scan_task
from tests.support.firestore_proxy import Fault
from tests.support.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subjects(book, shown, run) -> list[str]:
    """Seven subjects, shown as they are, in the order of scans."""
    subjects = sorted(book.new_subject() for _ in range(7))
    for subject_id in subjects:
        book.change(subject_id, 10)
    run()
    return subjects


def spoil(shown, book, *subject_ids: str) -> None:
    for subject_id in subject_ids:
        shown.client.document(book.path(subject_id)).update({"total": 1_000_000})


def sample(book, clock, **options) -> list[int]:
    """Scan this book; give how many drifted, batch by batch."""
    batches = scan.scan(is_full=options.get("is_full", False), clock=clock, kinds=[book.kind])
    return [batch.drifted for batch in batches]


def rebuild(*arguments: str) -> str:
    words = StringIO()
    call_command("rebuild_mirror", *arguments, stdout=words)
    return words.getvalue()


def test_samples_take_turns_so_that_every_subject_is_looked_at(book, shown, subjects, clock, monkeypatch):
    monkeypatch.setattr(limits, "SCAN_SAMPLE_SUBJECTS_MAX", 3)
    monkeypatch.setattr(limits, "REPAIR_BATCH_SUBJECTS_MAX", 2)
    spoil(shown, book, subjects[2], subjects[6])
    assert sample(book, clock) == [0, 1]
    assert sample(book, clock) == [0, 0]
    assert sample(book, clock) == [1]  # the last one, and the turn is over
    assert ScanProgress.objects.get(kind=book.kind).sampled_to == ""
    assert sample(book, clock) == [0, 0]
    for subject_id in subjects:
        shown.check(book, subject_id)
    assert str(ScanProgress.objects.get(kind=book.kind)) == book.kind


def test_a_full_scan_goes_on_from_task_to_task_until_it_is_through(book, shown, subjects, clock, monkeypatch):
    monkeypatch.setattr(limits, "REPAIR_BATCH_SUBJECTS_MAX", 2)
    spoil(shown, book, subjects[0], subjects[6])
    seconds = limits.SCAN_SECONDS_MAX / 2 + 1
    book.before_projection = lambda: clock.move(seconds / 4)  # two batches of two take a scan's time
    found = sample(book, clock, is_full=True)
    assert ScanProgress.objects.get(kind=book.kind).full_to == subjects[2 * len(found) - 1]
    while ScanProgress.objects.get(kind=book.kind).full_to is not None:
        found += sample(book, clock)
        assert len(found) < 10
    assert sum(found) == 2
    assert ScanProgress.objects.get(kind=book.kind).sampled_to == ""
    assert sample(book, clock, is_full=True)[:1] == [0]


def test_a_subject_of_which_an_intent_waits_or_is_parked_is_left_to_it(book, shown, subjects, clock):
    waiting, parked = subjects[:2]
    spoil(shown, book, waiting, parked)
    for subject_id in (waiting, parked):
        outbox.mark_stale(kind=book.kind, subject_id=subject_id)
    OutboxRow.objects.filter(subject_id=parked).update(parked_at=clock())
    (batch,) = scan.scan(is_full=False, clock=clock, kinds=[book.kind])
    assert (batch.compared, batch.drifted, list(batch.left)) == (5, 0, [])
    assert sorted(OutboxRow.objects.values_list("subject_id", flat=True)) == sorted([waiting, parked])
    assert not Drift.objects.exists()


def test_a_live_system_has_no_false_drift(book, shown, clock, run):
    subjects = [book.new_subject() for _ in range(6)]
    is_over = threading.Event()

    def change() -> None:
        try:
            for number in range(60):
                book.change(subjects[number % 6], has_entry=number % 4 != 3)
        finally:
            is_over.set()

    def until_over(work):
        def repeat() -> None:
            while not is_over.is_set():
                work()

        return repeat

    def rebuild_one() -> None:
        scan.rebuild_subjects(kind=book.kind, subject_ids=subjects[:3], clock=clock)

    in_threads(
        [change, *[until_over(run)] * 2, until_over(lambda: sample(book, clock)), until_over(rebuild_one)]
    )
    run()
    assert sample(book, clock) == [0]
    assert not Drift.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id)


def test_a_scan_stops_when_firestore_does_not_answer_and_goes_on_there(book, shown, subjects, proxy, clock):
    proxy.plan("BatchGetDocuments", *[Fault(refuse=grpc.StatusCode.PERMISSION_DENIED)] * 50)
    (batch,) = scan.scan(is_full=False, clock=clock, kinds=[book.kind])
    assert (batch.ending, batch.compared) == (Ending.FIRESTORE_UNAVAILABLE, 0)
    assert ScanProgress.objects.get(kind=book.kind).sampled_to == ""
    assert not Drift.objects.exists()


def test_the_scanning_task_scans_every_kind(book, shown, subjects):
    spoil(shown, book, subjects[3])
    assert scan_task.name == SCAN_TASK == "mirror.scan"
    scan_task(full=True)
    assert ScanProgress.objects.filter(kind="wallet").exists()
    shown.check(book, subjects[3])


def test_a_scan_has_its_own_queue_so_that_deliveries_do_not_wait_for_it():
    assert current_app.amqp.router.route({}, SCAN_TASK)["queue"].name == "default"


def test_a_rebuild_brings_up_what_is_gone_wrong_waiting_or_parked(book, shown, subjects, clock, monkeypatch):
    monkeypatch.setattr(limits, "REPAIR_BATCH_SUBJECTS_MAX", 3)
    for subject_id in subjects[:4]:
        for path in [book.path(subject_id), *book.entry_paths(subject_id)]:
            shown.client.document(path).delete()
    spoil(shown, book, subjects[4])
    book.change(subjects[5])
    outbox.mark_stale(kind=book.kind, subject_id=subjects[6])
    OutboxRow.objects.filter(subject_id=subjects[6]).update(parked_at=clock())
    words = rebuild("--kind", book.kind)
    assert f"{book.kind}: 7 compared, 5 of them repaired, 0 not done." in words
    assert f"3 compared, 3 of them repaired, up to {subjects[2]}" in words
    assert not OutboxRow.objects.exists()
    for subject_id in subjects:
        shown.check(book, subject_id)
    assert "7 compared, 0 of them repaired" in rebuild("--kind", book.kind)


def test_a_rebuild_of_one_subject_or_of_those_that_follow_touches_no_other(book, shown, subjects):
    spoil(shown, book, subjects[0], subjects[3], subjects[5])
    assert "1 compared, 1 of them" in rebuild("--kind", book.kind, "--subject", subjects[3])
    assert "2 compared, 1 of them" in rebuild("--kind", book.kind, "--after", subjects[4])
    assert (shown.document(book.path(subjects[0])) or {})["total"] == 1_000_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--kind", "wallets"], "no kind 'wallets'; there are: alert, wallet, package"),
        (["--subject", "alice"], "need --kind"),
        (["--after", "alice"], "need --kind"),
        (["--kind", "wallet", "--subject", "alice"], "no wallet 'alice'"),
        (["--kind", "package", "--subject", "alice"], "no package 'alice'"),
    ],
)
def test_a_rebuild_of_what_does_not_exist_is_refused(arguments, words):
    with pytest.raises(CommandError, match=words):
        rebuild(*arguments)
    assert not OutboxRow.objects.exists()


def test_a_rebuild_without_firestore_fails_and_says_how_to_go_on(book, shown, subjects, proxy, monkeypatch):
    monkeypatch.setattr(limits, "REPAIR_BATCH_SUBJECTS_MAX", 2)
    refusals = [Fault(refuse=grpc.StatusCode.PERMISSION_DENIED)] * 50
    proxy.plan("BatchGetDocuments", *refusals)
    assert len(list(scan.rebuild(kind=book.kind, after="", clock=timezone.now))) == 1
    with pytest.raises(CommandError, match=f"does not answer.*rebuild_mirror --kind {book.kind}$"):
        rebuild("--kind", book.kind)
    with pytest.raises(CommandError, match=f"--kind {book.kind} --subject {subjects[0]}$"):
        rebuild("--kind", book.kind, "--subject", subjects[0])
    with pytest.raises(CommandError, match=f"--kind {book.kind} --after {subjects[1]}$"):
        rebuild("--kind", book.kind, "--after", subjects[1])


def test_a_rebuild_that_leaves_something_undone_fails_and_names_it(book, shown, subjects):
    spoil(shown, book, subjects[1])
    broken = subjects[6]
    shown.client.document(book.path(broken)).update({"total": 0})
    book.changes[broken][0] = type(book.changes[broken][0])(
        1, 2**70, book.changes[broken][0].entry_id, broken
    )
    with pytest.raises(
        CommandError, match=rf"Not done: 1: {book.kind} {broken} \(firestore_refused, parked\)"
    ):
        rebuild("--kind", book.kind)
    shown.check(book, subjects[1])


def test_a_rebuild_waits_for_what_another_worker_has_in_hand(book, shown, subjects, clock, monkeypatch):
    monkeypatch.setattr(limits, "LEASE_SECONDS", 0.5)
    outbox.mark_stale(kind=book.kind, subject_id=subjects[0])
    assert len(outbox.claim(limit=1, now=timezone.now())) == 1
    assert "7 compared" in rebuild("--kind", book.kind)


def test_a_rebuild_does_not_wait_for_ever(book, shown, subjects, clock, monkeypatch):
    monkeypatch.setattr(limits, "REPAIR_BATCH_SECONDS_MAX", 0.3)
    outbox.mark_stale(kind=book.kind, subject_id=subjects[0])
    assert len(outbox.claim(limit=1, now=timezone.now())) == 1
    with pytest.raises(CommandError, match=rf"{subjects[0]} \(in work\)"):
        rebuild("--kind", book.kind)


def test_the_facts_say_how_many_drifted_since_a_time_and_what_is_not_repaired_however_old(clock):
    assert drift_since(None).found == 0
    now = clock()
    for days, subject_id, is_repaired in ((9, "alice", False), (8, "bob", True), (1, "carol", True)):
        at = now - timedelta(days=days)
        Drift.objects.create(
            kind="wallet",
            subject_id=subject_id,
            example_path=f"users/{subject_id}",
            found_at=at,
            repaired_at=at if is_repaired else None,
        )
    everything, lately = drift_since(None), drift_since(now - timedelta(days=2))
    assert (everything.found, everything.open) == (3, 1)
    assert (lately.found, lately.open) == (2, 1)
    assert (lately.kind, lately.subject_id, lately.path) == ("wallet", "carol", "users/carol")


def test_drift_is_kept_for_its_retention_and_until_it_is_repaired(clock):
    old = clock() - timedelta(days=limits.DRIFT_RETENTION_DAYS + 1)
    for subject_id, repaired_at in (("alice", None), ("bob", old)):
        Drift.objects.create(
            kind="wallet", subject_id=subject_id, example_path="x", found_at=old, repaired_at=repaired_at
        )
    assert drift.prune(now=clock()) == 1
    assert Drift.objects.get().subject_id == "alice"
