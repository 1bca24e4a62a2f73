"""The detection rules: each at its bound, where it says nothing, and one past it, where it does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from foundation.ids import new_id
from security import limits
from security.kinds import AddressActivity, CardActivity, CustomerActivity, Finding, RefusalActivity
from security.rules.declines import find_declines
from security.rules.mismatches import find_mismatches
from security.rules.money_back import find_many_disputes, find_many_refunds
from security.rules.refusals import find_repeated_refusals
from security.rules.sharing import find_shared_address, find_shared_card
from security.rules.signatures import find_burst
from security.rules.velocity import find_velocity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALICE = new_id()


def times(count: int, *, ago: timedelta = timedelta()) -> tuple[datetime, ...]:
    return tuple(NOW - ago - timedelta(minutes=number) for number in range(count))


def velocity(count: int) -> Finding | None:
    return find_velocity(CustomerActivity(ALICE, paid_at=times(count), paid_cents=100), now=NOW)


def money(cents: int) -> Finding | None:
    return find_velocity(CustomerActivity(ALICE, paid_at=times(1), paid_cents=cents), now=NOW)


def declines(count: int) -> Finding | None:
    return find_declines(CustomerActivity(ALICE, declined_at=times(count)))


def mismatches(count: int) -> Finding | None:
    return find_mismatches(CustomerActivity(ALICE, quarantined_at=times(count)))


def refunds(count: int) -> Finding | None:
    return find_many_refunds(CustomerActivity(ALICE, refunded_at=times(count)))


def disputes(count: int) -> Finding | None:
    return find_many_disputes(CustomerActivity(ALICE, disputed_at=times(count)))


def shared_card(count: int) -> Finding | None:
    return find_shared_card(CardActivity("fp_1", frozenset(new_id() for _ in range(count)), NOW))


def shared_address(count: int) -> Finding | None:
    return find_shared_address(
        AddressActivity("198.51.100.7", frozenset(new_id() for _ in range(count)), NOW)
    )


def refusals(count: int) -> Finding | None:
    return find_repeated_refusals(RefusalActivity(ALICE, count, NOW))


def signatures(count: int) -> Finding | None:
    return find_burst(count, now=NOW)


@pytest.mark.parametrize(
    ("rule", "bound", "kind"),
    [
        (velocity, limits.VELOCITY_PURCHASES_MAX, "purchase_velocity"),
        (money, limits.VELOCITY_CENTS_MAX, "purchase_velocity"),
        (declines, limits.DECLINES_OF_CUSTOMER_MAX, "many_declines"),
        (mismatches, limits.MISMATCHES_MAX, "repeated_mismatches"),
        (refunds, limits.REFUNDS_OF_CUSTOMER_MAX, "many_refunds"),
        (disputes, limits.DISPUTES_OF_CUSTOMER_MAX, "many_disputes"),
        (shared_card, limits.ACCOUNTS_OF_CARD_MAX, "shared_card"),
        (shared_address, limits.ACCOUNTS_OF_ADDRESS_MAX, "shared_address"),
        (refusals, limits.REFUSALS_OF_CUSTOMER_MAX, "repeated_refusals"),
        (signatures, limits.BAD_SIGNATURE_BURST - 1, "bad_signatures"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_rule_says_nothing_at_its_bound_and_finds_what_is_past_it(
    rule: Callable[[int], Finding | None], bound: int, kind: str
) -> None:
    assert rule(bound) is None
    found = rule(bound + 1)
    assert found is not None
    assert found.kind == kind
    assert str(ALICE) in found.dedup_key or kind.startswith(("shared", "bad"))


def test_payments_of_the_morning_are_no_velocity_at_noon() -> None:
    spread = times(limits.VELOCITY_PURCHASES_MAX, ago=timedelta(hours=3)) + times(1)
    assert find_velocity(CustomerActivity(ALICE, paid_at=spread, paid_cents=100), now=NOW) is None


def test_whoever_did_nothing_is_nobodys_business() -> None:
    idle = CustomerActivity(ALICE)
    assert [find_velocity(idle, now=NOW), find_declines(idle), find_mismatches(idle)] == [None] * 3


def test_only_repeated_mismatches_freeze_and_not_the_second() -> None:
    second, third = mismatches(limits.MISMATCHES_MAX + 1), mismatches(limits.MISMATCHES_FREEZING)
    assert second is not None
    assert third is not None
    assert (second.severity, second.freezes) == ("high", False)
    assert (third.severity, third.freezes) == ("critical", True)


def test_of_many_accounts_the_first_are_named() -> None:
    found = shared_card(40)
    assert found is not None
    assert found.count == 40
    assert len([name for name in found.subject if name.startswith("account_")]) == 10
