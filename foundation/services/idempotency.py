"""The idempotency store: a POST that moves tokens or money is done once per caller's key.

A key is leased by a row before the work and answered by an update after it: no transaction stays open while
the work runs, since the work may talk to Stripe. What makes the work itself happen once after a crash
between the two is the work's own business key; the store makes concurrent and repeated requests rare, and
their answers the same.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foundation import limits
from foundation.errors import (
    IdempotencyKeyInUse,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from foundation.ids import new_id
from foundation.models import IdempotencyRecord
from foundation.services.retention import forget

SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: an HTTP status and a body that JSON can hold."""

    status: int
    body: Any
    replayed: bool = False


def run_once(
    *,
    owner: str,
    key: str,
    request: bytes,
    now: datetime,
    work: Callable[[], Answer],
    lease_seconds: int = limits.IDEMPOTENCY_LEASE_SECONDS,
) -> Answer:
    """Do the work once for this owner's key, and give its answer; give the kept answer to a repetition.

    Only 2xx answers are kept: after any other, and after an exception, the key may be tried again.

    :param owner: whose key it is, such as `user:<id>`; keys of different owners never meet
    :param request: what must be the same for a repetition to be one: method, path and body
    :param lease_seconds: how long a crashed request blocks its key
    :raises IdempotencyKeyMissing: `idempotency_key_missing`
    :raises IdempotencyKeyInvalid: `idempotency_key_invalid`, over 255 characters or not printable ASCII
    :raises IdempotencyKeyReused: `idempotency_key_reused`, the key came with another request before
    :raises IdempotencyKeyInUse: `idempotency_key_in_use`, the first request still runs
    """
    _check_key(key)
    request_hash = hashlib.sha256(request).digest()
    until = now + timedelta(seconds=lease_seconds)
    fresh = IdempotencyRecord(
        owner=owner, key=key, request_hash=request_hash, leased_until_at=until, started_at=now
    )
    record = _insert_or_read(fresh)
    if record is not fresh:
        if bytes(record.request_hash) != request_hash:
            raise IdempotencyKeyReused
        if record.answer_status is not None:
            return Answer(record.answer_status, record.answer_body, replayed=True)
        _take_over(record, until=until, now=now)
    return _work_under_lease(record, work)


def forget_answers(*, now: datetime) -> int:
    """Delete the records past their retention; tell how many went."""
    past = now - timedelta(seconds=limits.IDEMPOTENCY_RETENTION_SECONDS)
    old = IdempotencyRecord.objects.filter(started_at__lt=past).order_by("started_at")
    return forget(rows=old)


def _check_key(key: str) -> None:
    if not key:
        raise IdempotencyKeyMissing
    if len(key) > limits.IDEMPOTENCY_KEY_LENGTH_MAX or not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyInvalid


def _insert_or_read(fresh: IdempotencyRecord) -> IdempotencyRecord:
    """Store the record, or give the one that holds its key already."""
    # `ignore_conflicts` tells nobody who won: the row's own id does.
    IdempotencyRecord.objects.bulk_create([fresh], ignore_conflicts=True)
    record = IdempotencyRecord.objects.filter(owner=fresh.owner, key=fresh.key).first()
    if record is None:  # released between the two statements: the next try is the caller's
        raise IdempotencyKeyInUse(retry_after_seconds=1)
    return fresh if record.id == fresh.id else record


def _take_over(record: IdempotencyRecord, *, until: datetime, now: datetime) -> None:
    """Take the lease of a request that crashed; of several that try, one gets it."""
    if record.leased_until_at > now:
        seconds = int((record.leased_until_at - now).total_seconds()) + 1
        raise IdempotencyKeyInUse(retry_after_seconds=seconds)
    lease = new_id()
    if not _under_lease(record).update(lease=lease, leased_until_at=until):
        raise IdempotencyKeyInUse(retry_after_seconds=1)
    record.lease = lease


def _work_under_lease(record: IdempotencyRecord, work: Callable[[], Answer]) -> Answer:
    """Do the work; keep its answer if it succeeded, give the key back if not.

    A lease that ran out meanwhile is another's: then nothing is written, and the answer is ours all the same.
    """
    try:
        answer = work()
    except Exception:
        _under_lease(record).delete()
        raise
    if answer.status in SUCCESSES:
        _under_lease(record).update(answer_status=answer.status, answer_body=answer.body)
    else:
        _under_lease(record).delete()
    return answer


def _under_lease(record: IdempotencyRecord) -> Any:
    return IdempotencyRecord.objects.filter(id=record.id, lease=record.lease, answer_status=None)
