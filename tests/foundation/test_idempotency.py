"""A POST that moves tokens or money is done once per caller's key."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from foundation import limits
from foundation.errors import (
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    Refusal,
)
from foundation.models import IdempotencyRecord
from foundation.services.idempotency import Answer, forget_answers
from foundation.tasks import forget_answers as forget_answers_task
from tests.foundation.idempotent_work import CREATED, NOON, Crash, Work, crash, once


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
def test_no_more_is_forgotten_in_a_run_than_its_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FORGET_BATCH_ROWS", 3)
    monkeypatch.setattr(limits, "FORGET_BATCHES_MAX", 2)
    IdempotencyRecord.objects.bulk_create(
        IdempotencyRecord(
            owner="user:alice", key=str(number), request_hash=b"x", leased_until_at=NOON, started_at=NOON
        )
        for number in range(7)
    )
    forget_answers_task()
    assert IdempotencyRecord.objects.count() == 1


@pytest.mark.django_db
def test_a_record_names_its_owner_and_key() -> None:
    once(Work())
    assert str(IdempotencyRecord.objects.get()) == "user:alice k1"
