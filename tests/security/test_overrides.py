"""Overrides: granted with a reason and an end, replaced, revoked, expired."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foundation.ids import new_id
from identity.kinds import Actor
from identity.models import User
from security import limits
from security.errors import OverrideGrantedMeanwhile, OverrideInvalid, OverrideNotFound, OverrideNotInForce
from security.kinds import LimitsInForce, OverrideKind, OverrideStatus
from security.models import Override
from security.queries.purchase_limits import limits_of, override_in_force, overrides_of
from security.services.overrides import expire_overrides, revoke_override
from security.tasks import note_expired_overrides
from tests.security.conftest import NOW, Grant
from tests.support.database import somebody_waits_for_a_lock
from tests.support.product import wait_for
from tests.support.threads import in_thread

DAY = timedelta(days=1)


def expected_of(expected: tuple[int | None, int | None, bool], override: Override) -> LimitsInForce:
    hourly_max, daily_max, is_blocked = expected
    return LimitsInForce(hourly_max, daily_max, is_blocked, override.id)


@pytest.mark.parametrize(
    ("kind", "numbers", "expected", "words"),
    [
        (OverrideKind.NUMBERS, {"hourly_max": 8}, (8, 20, False), "8 an hour"),
        (OverrideKind.NUMBERS, {"daily_max": 0}, (5, 0, False), "0 a day"),
        (OverrideKind.NUMBERS, {"hourly_max": 8, "daily_max": 9}, (8, 9, False), "8 an hour, 9 a day"),
        (OverrideKind.UNLIMITED, {}, (None, None, False), "Unlimited"),
        (OverrideKind.BLOCKED, {}, (0, 0, True), "Blocked"),
    ],
)
def test_an_override_replaces_what_it_names_for_one_customer(
    alice: User, bob: User, grant: Grant, kind: OverrideKind, numbers: Any, expected: Any, words: str
):
    override = grant(alice, kind, **numbers)

    assert limits_of(user_id=alice.id, now=NOW) == expected_of(expected, override)
    assert limits_of(user_id=bob.id, now=NOW) == LimitsInForce(5, 20)
    assert str(override) == words


def test_an_override_is_out_of_force_at_its_end_whether_anybody_has_noted_that_or_not(
    alice: User, grant: Grant
):
    override = grant(alice, hourly_max=8)

    just_before = override.ends_at - timedelta(microseconds=1)
    assert override_in_force(user_id=alice.id, now=just_before) == override
    assert override_in_force(user_id=alice.id, now=override.ends_at) is None
    assert expire_overrides(now=just_before) == 0
    assert expire_overrides(now=override.ends_at) == 1
    override.refresh_from_db()
    assert (override.status, override.closed_at) == (OverrideStatus.EXPIRED, override.ends_at)
    note_expired_overrides()


def test_a_new_override_replaces_the_one_before(alice: User, carol: Actor, grant: Grant):
    first = grant(alice, hourly_max=8)
    second = grant(alice, OverrideKind.BLOCKED, now=NOW + timedelta(hours=1))
    third = grant(alice, daily_max=3, now=second.ends_at + DAY)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.closed_at, first.closed_by) == ("replaced", second.granted_at, carol.id)
    assert second.status == OverrideStatus.EXPIRED, "it had run out before the third was granted"
    assert list(overrides_of(alice.id)) == [third, second, first]


def test_a_revoked_override_is_out_of_force_at_once_and_cannot_be_revoked_again(
    alice: User, carol: Actor, grant: Grant
):
    override = grant(alice, OverrideKind.BLOCKED)

    revoke_override(override_id=override.id, reason="A mistake.", actor=carol, now=NOW)

    assert limits_of(user_id=alice.id, now=NOW) == LimitsInForce(5, 20)
    override.refresh_from_db()
    assert (override.status, override.closed_by) == (OverrideStatus.REVOKED, carol.id)
    with pytest.raises(OverrideNotInForce):
        revoke_override(override_id=override.id, reason="A mistake.", actor=carol, now=NOW)
    with pytest.raises(OverrideNotFound):
        revoke_override(override_id=new_id(), reason="A mistake.", actor=carol, now=NOW)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (OverrideKind.NUMBERS, {}),
        (OverrideKind.UNLIMITED, {"hourly_max": 3}),
        (OverrideKind.BLOCKED, {"daily_max": 3}),
        (OverrideKind.NUMBERS, {"hourly_max": limits.PURCHASES_SETTABLE_MAX + 1}),
        (OverrideKind.NUMBERS, {"daily_max": -1}),
        (OverrideKind.UNLIMITED, {"reason": "  "}),
        (OverrideKind.UNLIMITED, {"ends_at": NOW}),
        (OverrideKind.UNLIMITED, {"ends_at": NOW + limits.OVERRIDE_LENGTH_MAX + timedelta(seconds=1)}),
    ],
)
def test_what_is_no_override_is_refused_and_leaves_the_one_in_force(
    alice: User, grant: Grant, kind: OverrideKind, wrong: Any
):
    standing = grant(alice, hourly_max=8)
    with pytest.raises(OverrideInvalid):
        grant(alice, kind, **wrong)
    assert Override.objects.get().id == standing.id
    assert override_in_force(user_id=alice.id, now=NOW) == standing


def test_the_database_knows_at_most_one_granted_override_of_a_customer_and_no_nonsense(
    alice: User, grant: Grant
):
    grant(alice, hourly_max=8)
    row = {
        "user": alice,
        "kind": OverrideKind.UNLIMITED,
        "reason": "x",
        "granted_at": NOW,
        "granted_by": "x",
        "ends_at": NOW + DAY,
    }
    closed = {"status": OverrideStatus.REVOKED, "closed_at": NOW}
    for wrong in (
        {},
        closed | {"kind": "other"},
        closed | {"hourly_max": 1},
        closed | {"kind": OverrideKind.NUMBERS},
        closed | {"kind": OverrideKind.NUMBERS, "daily_max": 501},
        closed | {"ends_at": NOW},
        closed | {"status": "other"},
        {"status": OverrideStatus.REVOKED},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Override.objects.create(**row | wrong)
    Override.objects.create(**row | closed)


@pytest.mark.django_db(transaction=True)
def test_an_unknown_customer_is_given_nothing(grant: Grant):
    with pytest.raises(IntegrityError):
        grant(User(), OverrideKind.UNLIMITED)
    assert not Override.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_grant_at_the_same_moment_the_second_is_told_to_look_first(alice: User, grant: Grant):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = grant(alice, hourly_max=8)
            second = pool.submit(in_thread, lambda: grant(alice, OverrideKind.UNLIMITED))
            wait_for(somebody_waits_for_a_lock, what="the second one waits for the first")
        with pytest.raises(OverrideGrantedMeanwhile):
            second.result()
    assert Override.objects.get() == first
