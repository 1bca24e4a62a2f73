"""A POST that moves tokens or money is done once per caller's key."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from foundation import limits
from foundation.errors import (
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    Refusal,
)
from foundation.models import IdempotencyRecord
from foundation.services.idempotency import Answer, forget_answers, run_once
from foundation.tasks import forget_answers as forget_answers_task

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CREATED = Answer(201, {"id": "1"})


class Work:
    """Counts how often it was done."""

    def __init__(self, answer: Answer | Exception = CREATED) -> None:
        self.answer = answer
        self.times = 0

    def __call__(self) -> Answer:
        self.times += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def once(work: Callable[[], Answer], **changes: Any) -> Answer:
    facts: dict[str, Any] = {"owner": "user:alice", "key": "k1", "request": b"POST /a {}", "now": NOON}
    return run_once(work=work, **facts | changes)


@pytest.mark.django_db
def test_a_repetition_is_given_the_kept_answer() -> None:
    work = Work()
    assert once(work) == Answer(201, {"id": "1"})
    assert once(work) == Answer(201, {"id": "1"}, replayed=True)
    assert work.times == 1


@pytest.mark.django_db
def test_an_answer_without_a_body_is_kept_too() -> None:
    work = Work(Answer(204, None))
    once(work)
    assert once(work) == Answer(204, None, replayed=True)


@pytest.mark.django_db
def test_a_key_with_another_request_is_refused() -> None:
    work = Work()
    once(work)
    with pytest.raises(IdempotencyKeyReused):
        once(work, request=b"POST /a {1}")
    assert work.times == 1
    assert once(work).replayed


@pytest.mark.django_db
def test_keys_belong_to_their_owner() -> None:
    work = Work()
    once(work, owner="user:alice")
    assert not once(work, owner="user:bob", request=b"other").replayed
    assert work.times == 2


@pytest.mark.django_db
@pytest.mark.parametrize("status", [200, 204, 299])
def test_successes_are_kept(status: int) -> None:
    work = Work(Answer(status, {}))
    once(work)
    assert once(work).replayed


@pytest.mark.django_db
@pytest.mark.parametrize("status", [199, 300, 402, 404, 503])
def test_other_answers_may_be_tried_again(status: int) -> None:
    work = Work(Answer(status, {}))
    assert once(work).status == status
    assert not once(work).replayed
    assert work.times == 2


@pytest.mark.django_db
@pytest.mark.parametrize("error", [Refusal("Not now."), ZeroDivisionError()])
def test_work_that_raised_may_be_tried_again(error: Exception) -> None:
    work = Work(error)
    with pytest.raises(type(error)):
        once(work)
    work.answer = CREATED
    assert once(work) == CREATED
    assert work.times == 2


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "a\nb", "a\x00b", "schlüssel"], ids=range(4))
def test_a_key_of_another_form_is_refused(key: str) -> None:
    work = Work()
    with pytest.raises(IdempotencyKeyInvalid):
        once(work, key=key)
    assert work.times == IdempotencyRecord.objects.count() == 0


@pytest.mark.django_db
def test_a_missing_key_is_refused() -> None:
    work = Work()
    with pytest.raises(IdempotencyKeyMissing):
        once(work, key="")
    assert work.times == IdempotencyRecord.objects.count() == 0


@pytest.mark.django_db
def test_the_longest_key_is_taken() -> None:
    assert once(Work(), key="x" * limits.IDEMPOTENCY_KEY_LENGTH_MAX) == CREATED


@pytest.mark.django_db
def test_a_key_is_in_use_while_its_request_runs() -> None:
    refusals = []

    def work() -> Answer:
        with pytest.raises(IdempotencyKeyInUse) as refusal:
            once(Work(AssertionError()))
        refusals.append(refusal.value.retry_after_seconds)
        with pytest.raises(IdempotencyKeyReused):
            once(Work(AssertionError()), request=b"other")
        return CREATED

    assert once(work) == CREATED
    assert refusals == [limits.IDEMPOTENCY_LEASE_SECONDS + 1]


class Crash(BaseException):
    """What a killed process leaves: no answer, and no release."""


def crash() -> Answer:
    raise Crash


@pytest.mark.django_db
def test_the_lease_of_a_crashed_request_is_taken_over_once_it_has_ended() -> None:
    with pytest.raises(Crash):
        once(crash)
    with pytest.raises(IdempotencyKeyInUse):
        once(Work(), now=NOON + timedelta(seconds=59))
    assert once(Work(), now=NOON + timedelta(seconds=60)) == CREATED
    assert once(Work(), now=NOON + timedelta(seconds=61)).replayed


@pytest.mark.django_db
def test_a_lease_may_be_shorter() -> None:
    with pytest.raises(Crash):
        once(crash, lease_seconds=5)
    assert once(Work(), now=NOON + timedelta(seconds=5)) == CREATED


@pytest.mark.django_db
def test_a_request_that_outlived_its_lease_overwrites_nothing() -> None:
    late = NOON + timedelta(seconds=90)

    def slow() -> Answer:
        assert once(Work(Answer(201, {"id": "second"})), now=late).body == {"id": "second"}
        return Answer(201, {"id": "first"})

    assert once(slow).body == {"id": "first"}
    assert once(Work(), now=late) == Answer(201, {"id": "second"}, replayed=True)


@pytest.mark.django_db
def test_a_request_that_failed_after_its_lease_takes_nobodys_answer_away() -> None:
    late = NOON + timedelta(seconds=90)

    def slow() -> Answer:
        once(Work(), now=late)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(slow)
    assert once(Work(), now=late).replayed


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_work_runs() -> None:
    def work() -> Answer:
        assert not connection.in_atomic_block
        with transaction.atomic():
            IdempotencyRecord.objects.count()
        return CREATED

    assert once(work) == CREATED


def together(count: int, act: Callable[[], Answer]) -> list[Answer | Exception]:
    """Do the same in several threads at once."""
    barrier = threading.Barrier(count)
    results: list[Answer | Exception] = []

    def run() -> None:
        try:
            barrier.wait()
            results.append(act())
        except Exception as error:  # noqa: BLE001 - judged by the test
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def assert_done_once(results: list[Answer | Exception], work: Work) -> None:
    assert work.times == 1
    firsts = [result for result in results if isinstance(result, Answer) and not result.replayed]
    others = [result for result in results if result not in firsts]
    assert len(firsts) == 1
    assert all(
        isinstance(result, IdempotencyKeyInUse) or (isinstance(result, Answer) and result.replayed)
        for result in others
    )


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_the_work() -> None:
    work = Work()
    assert_done_once(together(8, lambda: once(work)), work)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_takes_over_after_a_crash() -> None:
    with pytest.raises(Crash):
        once(crash)
    work = Work()
    late = NOON + timedelta(seconds=90)
    assert_done_once(together(8, lambda: once(work, now=late)), work)


@pytest.mark.django_db
def test_a_key_released_while_it_is_looked_up_is_in_use() -> None:
    """The other request gives its key back between the two statements of this one."""
    with pytest.raises(Crash):
        once(crash)

    def release_before_reading(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM foundation_idempotencyrecord")
        return execute(sql, *rest)

    work = Work()
    with connection.execute_wrapper(release_before_reading), pytest.raises(IdempotencyKeyInUse):
        once(work)
    assert work.times == 0


@pytest.mark.django_db(transaction=True)
def test_releases_and_tries_at_once_end_in_answers_or_refusals() -> None:
    """A key that is released between another's two statements makes that one try again later."""
    results = [
        result for _ in range(30) for result in together(4, lambda: once(Work(Answer(503, {})), key="k2"))
    ]
    assert {type(result) for result in results} <= {Answer, IdempotencyKeyInUse}
    assert not any(isinstance(result, Answer) and result.replayed for result in results)


@pytest.mark.django_db
def test_the_database_keeps_no_answer_but_successes() -> None:
    once(Work())
    with pytest.raises(IntegrityError), transaction.atomic():
        IdempotencyRecord.objects.update(answer_status=402)


@pytest.mark.django_db
def test_answers_are_forgotten_after_their_retention() -> None:
    once(Work(), key="old")
    kept = NOON + timedelta(seconds=1)
    once(Work(), key="young", now=kept)
    later = kept + timedelta(seconds=limits.IDEMPOTENCY_RETENTION_SECONDS)
    assert forget_answers(now=later) == 1
    assert list(IdempotencyRecord.objects.values_list("key", flat=True)) == ["young"]


@pytest.mark.django_db
def test_no_more_is_forgotten_at_a_time_than_a_batch() -> None:
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(
            owner="user:alice", key=str(number), request_hash=b"x", leased_until_at=NOON, started_at=NOON
        )
        for number in range(limits.IDEMPOTENCY_FORGET_BATCH + 1)
    )
    forget_answers_task()
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.django_db
def test_a_record_names_its_owner_and_key() -> None:
    once(Work())
    assert str(IdempotencyRecord.objects.get()) == "user:alice k1"
