"""The outbox: intents coalesce, commit with the change, are leased, and are never lost."""

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, OperationalError
from django.utils import timezone

from mirror import limits
from mirror.errors import (
    DeliveryFailure,
    FirestoreExhausted,
    FirestoreUnavailable,
    MirrorConflict,
    ProjectionFailed,
)
from mirror.models import OutboxRow
from mirror.services import outbox
from tests.mirror.book import STAFF
from tests.support.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


def mark(subject_id: str = "alice") -> OutboxRow:
    outbox.mark_stale(kind="wallet", subject_id=subject_id)
    return OutboxRow.objects.get(kind="wallet", subject_id=subject_id)


def test_intents_of_one_subject_coalesce_into_one_row_that_keeps_the_oldest_time():
    first = mark()
    second = mark()
    assert (first.generation, second.generation) == (1, 2)
    assert second.pk == first.pk
    assert second.stale_since == first.stale_since
    assert second.due_at == first.due_at
    mark("bob")
    assert OutboxRow.objects.count() == 2


def test_an_intent_commits_or_vanishes_with_the_change_that_caused_it():
    with transaction.atomic():
        assert mark().generation == 1
        transaction.set_rollback(True)
    assert not OutboxRow.objects.exists()


def test_the_sql_function_uses_the_mirrors_table_whatever_the_caller_puts_before_it(clock):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE mirror_outboxrow (LIKE mirror_outboxrow INCLUDING ALL)")
        cursor.execute("SELECT mirror_mark_stale('wallet', 'alice')")
        cursor.execute("SELECT count(*) FROM pg_temp.mirror_outboxrow")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE pg_temp.mirror_outboxrow")
    assert OutboxRow.objects.count() == 1


def test_many_subjects_are_marked_by_one_statement_each_as_it_would_be_alone():
    mark("alice")
    with connection.cursor() as cursor:
        cursor.execute("SELECT mirror_mark_all_stale('wallet', %s)", [["bob", "alice"]])
    assert set(OutboxRow.objects.values_list("subject_id", "generation")) == {("alice", 2), ("bob", 1)}


def test_a_row_is_due_at_once_even_for_a_worker_whose_clock_is_behind():
    mark()
    assert len(outbox.claim(limit=1, now=timezone.now() - timedelta(seconds=3))) == 1


def test_a_claim_takes_the_longest_due_rows_and_nobody_else_gets_them(clock):
    for subject_id in ("alice", "bob", "carol"):
        mark(subject_id)
    first = outbox.claim(limit=2, now=clock())
    assert sorted(each.subject_id for each in first) == ["alice", "bob"]
    (second,) = outbox.claim(limit=2, now=clock())
    assert second.subject_id == "carol"
    assert outbox.claim(limit=2, now=clock()) == []


def test_a_claim_passes_over_rows_that_another_transaction_holds(clock):
    mark("alice")
    mark("bob")
    with transaction.atomic():
        mark("alice")
        claims = in_thread(lambda: outbox.claim(limit=2, now=clock()))
    assert [each.subject_id for each in claims] == ["bob"]


def test_a_claim_refuses_to_hide_in_a_transaction_that_could_take_it_back(clock):
    mark()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        outbox.claim(limit=1, now=clock())


def test_marking_a_claimed_subject_waits_for_nobody(claim_one):
    mark()
    claim_one()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        assert mark().generation == 2


def test_rows_are_let_go_of_one_by_one_so_that_no_circle_closes_with_a_change_of_many(clock):
    mark("alice")
    mark("bob")
    claims = sorted(outbox.claim(limit=2, now=clock()), key=lambda claimed: claimed.subject_id)

    def let_go() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
            try:
                outbox.let_go(claims)
            finally:
                cursor.execute("RESET lock_timeout")

    with transaction.atomic():
        mark("bob")
        with pytest.raises(OperationalError, match="lock timeout"):
            in_thread(let_go)
    leased = OutboxRow.objects.filter(leased_until__isnull=False)
    assert list(leased.values_list("subject_id", flat=True)) == ["bob"]


def test_the_lease_of_a_worker_that_died_runs_out_and_its_late_settlement_changes_nothing(clock, claim_one):
    mark()
    dead = claim_one()
    clock.move(limits.LEASE_SECONDS - 1)
    assert outbox.claim(limit=1, now=clock()) == []
    clock.move(2)
    alive = claim_one()
    before = OutboxRow.objects.get()
    outbox.finish(dead, now=clock())
    outbox.give_back(dead, now=clock())
    outbox.fail(dead, failure=MirrorConflict(), now=clock())
    after = OutboxRow.objects.get()
    assert (after.lease_token, after.leased_until) == (alive.lease_token, before.leased_until)
    assert (after.attempts, after.parked_at, after.last_error) == (0, None, "")
    outbox.finish(alive, now=clock())
    assert not OutboxRow.objects.exists()


def test_a_row_marked_after_its_claim_is_given_back_as_due(clock, claim_one):
    mark()
    clock.move(60)
    claimed = claim_one()
    mark()
    outbox.finish(claimed, now=clock())
    row = OutboxRow.objects.get()
    assert (row.generation, row.lease_token, row.leased_until) == (2, None, None)
    assert row.stale_since == claimed.claimed_at  # the older intent was delivered
    outbox.finish(claim_one(), now=clock())
    assert not OutboxRow.objects.exists()


def test_a_row_delivered_in_part_stays_as_old_as_it_was(clock, claim_one):
    marked = mark()
    outbox.give_back(claim_one(), now=clock())
    row = OutboxRow.objects.get()
    assert (row.stale_since, row.generation) == (marked.stale_since, 1)
    assert claim_one().row_id == row.pk


@pytest.mark.parametrize(
    ("failure", "seconds_max"),
    [
        (ProjectionFailed, limits.BACK_OFF_SECONDS_MAX),
        (FirestoreExhausted, limits.QUOTA_BACK_OFF_SECONDS_MAX),
        (FirestoreUnavailable, limits.OUTAGE_BACK_OFF_SECONDS_MAX),
    ],
)
def test_failures_put_a_row_off_for_longer_and_longer_up_to_a_bound(
    clock, claim_one, failure: type[DeliveryFailure], seconds_max
):
    mark()
    for attempt in range(1, 13):
        claimed = claim_one()
        now = clock()
        outbox.fail(claimed, failure=failure(), now=now)
        row = OutboxRow.objects.get()
        waits = (row.due_at - now).total_seconds()
        longest = min(limits.BACK_OFF_FIRST_SECONDS * 2 ** (attempt - 1), seconds_max)
        assert longest / 2 <= waits <= longest
        assert (row.attempts, row.last_error, row.parked_at) == (attempt, failure.code, None)
        assert outbox.claim(limit=1, now=clock()) == []
        clock.move(longest)


def test_back_off_is_spread_by_chance_and_bounded_for_any_number_of_attempts():
    waits = {outbox.back_off_seconds(10_000, limits.BACK_OFF_SECONDS_MAX) for _ in range(20)}
    assert len(waits) > 1
    assert max(waits) <= limits.BACK_OFF_SECONDS_MAX


def test_a_row_is_parked_after_so_many_failures(clock, claim_one, caplog):
    mark()
    OutboxRow.objects.update(attempts=limits.ATTEMPTS_MAX - 2)
    outbox.fail(claim_one(), failure=ProjectionFailed(), now=clock())
    assert OutboxRow.objects.get().parked_at is None
    clock.move(limits.BACK_OFF_SECONDS_MAX)
    now = clock()
    with caplog.at_level(logging.ERROR):
        outbox.fail(claim_one(), failure=ProjectionFailed(), now=now)
    row = OutboxRow.objects.get()
    assert (row.parked_at, row.attempts) == (now, limits.ATTEMPTS_MAX)
    clock.move(86_400)
    assert outbox.claim(limit=1, now=clock()) == []


def test_an_outage_of_firestore_parks_nothing_however_long_it_lasts(clock, claim_one):
    mark()
    OutboxRow.objects.update(attempts=10 * limits.ATTEMPTS_MAX)
    outbox.fail(claim_one(), failure=FirestoreUnavailable(), now=clock())
    assert OutboxRow.objects.get().parked_at is None


def test_what_no_repeat_can_mend_is_parked_at_once(clock, claim_one):
    mark()
    outbox.fail(claim_one(), failure=MirrorConflict(), now=clock())
    row = OutboxRow.objects.get()
    assert row.parked_at is not None
    assert (row.last_error, row.lease_token) == ("mirror_conflict", None)


def test_a_subject_that_changed_meanwhile_is_tried_again_instead_of_parked(clock, claim_one):
    mark()
    claimed = claim_one()
    mark()
    outbox.fail(claimed, failure=MirrorConflict(), now=clock())
    row = OutboxRow.objects.get()
    assert (row.parked_at, row.attempts) == (None, 1)


def test_a_new_intent_makes_a_parked_or_backed_off_row_due_with_its_attempts_forgotten(clock, claim_one):
    marked = mark()
    outbox.fail(claim_one(), failure=MirrorConflict(), now=clock())
    row = mark()
    assert (row.parked_at, row.attempts, row.generation) == (None, 0, 2)
    assert row.stale_since == marked.stale_since
    OutboxRow.objects.update(attempts=5, due_at=clock() + timedelta(hours=1))
    assert outbox.claim(limit=1, now=clock()) == []
    assert mark().attempts == 0
    assert len(outbox.claim(limit=1, now=clock())) == 1


def test_staff_make_parked_rows_due_again_and_only_those(clock, claim_one):
    parked = mark("alice")
    outbox.fail(claim_one(), failure=MirrorConflict(), now=clock())
    other = mark("bob")
    OutboxRow.objects.filter(pk=other.pk).update(due_at=clock() + timedelta(hours=1), attempts=3)
    rows = [parked.pk, other.pk, 0]
    assert outbox.retry_parked(row_ids=rows, actor=STAFF, now=clock()) == 1
    row = OutboxRow.objects.get(pk=parked.pk)
    assert (row.parked_at, row.attempts) == (None, 0)
    assert OutboxRow.objects.get(pk=other.pk).attempts == 3
    assert claim_one().row_id == parked.pk


@pytest.mark.parametrize(
    "broken", [{"generation": 0}, {"leased_until": timezone.now()}, {"attempts": -1}, {"subject_id": "bob"}]
)
def test_the_table_refuses_rows_that_make_no_sense(broken):
    mark("alice")
    mark("bob")
    before = list(OutboxRow.objects.order_by("pk").values())
    with pytest.raises(IntegrityError):
        OutboxRow.objects.filter(subject_id="alice").update(**broken)
    assert list(OutboxRow.objects.order_by("pk").values()) == before


def test_rows_are_named_by_their_subject():
    assert str(mark()) == "wallet alice"
