"""Of requests at the same time with one key, one does the work."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from foundation.errors import IdempotencyKeyInUse
from foundation.models import IdempotencyRecord
from foundation.services.idempotency import Answer
from tests.foundation.idempotent_work import CREATED, NOON, Crash, Work, crash, once


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


def before(statement: str, change: str) -> Any:
    """Make another request's change just before the first statement of this kind."""
    changes = [change]

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(statement) and changes:
            with connection.cursor() as cursor:
                cursor.execute(changes.pop())
        return run(sql, *rest)

    return connection.execute_wrapper(execute)


@pytest.mark.django_db
def test_a_key_released_while_it_is_looked_up_is_in_use() -> None:
    with pytest.raises(Crash):
        once(crash)
    work = Work()
    with (
        before("SELECT", "DELETE FROM foundation_idempotencyrecord"),
        pytest.raises(IdempotencyKeyInUse),
    ):
        once(work)
    assert work.times == 0


@pytest.mark.django_db
def test_a_lease_taken_over_by_another_first_is_in_use() -> None:
    with pytest.raises(Crash):
        once(crash)
    work = Work()
    with (
        before("UPDATE", "UPDATE foundation_idempotencyrecord SET lease = gen_random_uuid()"),
        pytest.raises(IdempotencyKeyInUse),
    ):
        once(work, now=NOON + timedelta(seconds=90))
    assert work.times == 0


@pytest.mark.django_db(transaction=True)
def test_releases_and_tries_at_once_end_in_answers_or_refusals() -> None:
    """A key that is released between another's two statements makes that one try again later."""
    results = [
        result for _ in range(30) for result in together(4, lambda: once(Work(Answer(503, {})), key="k2"))
    ]
    assert {type(result) for result in results} <= {Answer, IdempotencyKeyInUse}
    assert not any(isinstance(result, Answer) and result.replayed for result in results)
