"""Refusals by limits: a row for each customer, limit and window, and staff's word for it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from foundation.ids import new_id
from identity.kinds import Actor
from identity.models import User
from security.errors import RateLimited, RefusalNotFound
from security.kinds import Breach, Limit
from security.metrics import collect
from security.models import LimitRefusal
from security.queries.limit_refusals import refusals_of
from security.services.limit_refusals import label_refusal, note_refusal
from security.services.screening import screen_purchase
from tests.security.conftest import NOW, facts

HOUR = timedelta(hours=1)


def note(
    user: User, *, limit: Limit = Limit.HOURLY, hours_later: int = 0, times: int = 1, **more: Any
) -> None:
    since = NOW + hours_later * HOUR
    breach = Breach(limit, 5, since, since + HOUR)
    for number in range(times):
        note_refusal(breach=breach, user_id=user.id, now=since + number * timedelta(seconds=1), **more)


def measured() -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels["limit"]): sample.value
        for family in collect(timezone.now())
        for sample in family.samples
        if "limit" in sample.labels
    }


def test_however_often_a_customer_tries_in_a_window_there_is_one_row_that_counts(alice: User, bob: User):
    note(alice, times=30, address="198.51.100.7")
    note(alice)
    note(alice, limit=Limit.DAILY)
    note(alice, hours_later=1)
    note(bob)

    assert LimitRefusal.objects.count() == 4
    row = LimitRefusal.objects.get(user=alice, limit=Limit.HOURLY, starts_at=NOW)
    assert (row.count, row.allowed, row.address, row.ends_at) == (31, 5, "198.51.100.7", NOW + HOUR)
    assert (row.first_refused_at, row.last_refused_at) == (NOW, NOW + 29 * timedelta(seconds=1))
    assert str(row) == "Purchases an hour: 31 refused"
    assert next(iter(refusals_of(alice.id))).starts_at == NOW + HOUR


def test_staff_label_a_refusal_and_the_last_label_is_right(alice: User, carol: Actor):
    note(alice, times=3)
    row = LimitRefusal.objects.get()
    assert measured()["rate_limit_refusals_total", "purchases_hourly"] == 3
    assert measured()["rate_limit_false_positives_total", "purchases_hourly"] == 0

    label_refusal(refusal_id=row.id, is_mistake=True, reason="A class.", actor=carol, now=NOW)
    assert measured()["rate_limit_false_positives_total", "purchases_hourly"] == 1
    note(alice)
    row.refresh_from_db()
    assert (row.is_mistake, row.labelled_at, row.labelled_by, row.count) == (True, NOW, carol.id, 4)

    label_refusal(refusal_id=row.id, is_mistake=False, reason="A class.", actor=carol, now=NOW + HOUR)
    assert measured()["rate_limit_false_positives_total", "purchases_hourly"] == 0
    with pytest.raises(RefusalNotFound):
        label_refusal(refusal_id=new_id(), is_mistake=True, reason="A class.", actor=carol, now=NOW)


def test_a_rest_after_declines_is_a_refusal_too_one_row_for_each_rest(alice: User):
    declined_at = tuple(NOW - minutes * timedelta(minutes=1) for minutes in range(15))
    for more in (
        {"declined_at": declined_at},
        {"declined_at_address": declined_at, "address": "198.51.100.7"},
    ):
        for _ in range(2):
            with pytest.raises(RateLimited):
                screen_purchase(facts=facts(alice, **more), now=NOW)

    assert set(LimitRefusal.objects.values_list("limit", "count", "starts_at")) == {
        ("declines", 2, NOW),
        ("declines_of_address", 2, NOW),
    }


def test_each_refusal_is_a_line_in_the_log(alice: User, caplog: pytest.LogCaptureFixture):
    note(alice, times=2)
    lines = [record for record in caplog.records if record.message == "rate_limit.refused"]
    assert len(lines) == LimitRefusal.objects.aggregate(total=Sum("count"))["total"] == 2
    assert "alice" not in str(lines[0].__dict__)


def test_the_database_refuses_a_row_that_contradicts_itself(alice: User):
    row = {
        "user": alice,
        "limit": Limit.DAILY,
        "allowed": 5,
        "starts_at": NOW,
        "ends_at": NOW,
        "first_refused_at": NOW,
        "last_refused_at": NOW,
    }
    for wrong in (
        {"limit": "other"},
        {"last_refused_at": NOW - HOUR},
        {"is_mistake": True},
        {"labelled_at": NOW},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            LimitRefusal.objects.create(**row | wrong)
