"""How many tokens go back: pure, cumulative, and the same in whatever order it was learned."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.kinds import REFUNDED, DisputeStatus, RefundStatus, ReversalState
from payments.rules.reversal import (
    DisputeStand,
    PaymentStand,
    RefundStand,
    refunded_cents,
    reversal_state,
    target_tokens,
    withheld_cents,
)

TOTAL, PAID = 1100, 999


def refund(cents: int, status: RefundStatus = RefundStatus.SUCCEEDED) -> RefundStand:
    return RefundStand(status, cents)


def dispute(
    status: DisputeStatus, cents: int | None = PAID, *, movements: int = 1, withheld: bool = True
) -> DisputeStand:
    return DisputeStand(status, cents, movements, withheld)


def payment(*parts: RefundStand | DisputeStand, told: int = 0, paid: int = PAID) -> PaymentStand:
    refunds = [part for part in parts if isinstance(part, RefundStand)]
    disputes = [part for part in parts if isinstance(part, DisputeStand)]
    return PaymentStand(TOTAL, paid, told, refunds, disputes)


@pytest.mark.parametrize(
    ("stand", "tokens", "state"),
    [
        (payment(), 0, ReversalState.NONE),
        (payment(refund(PAID)), TOTAL, ReversalState.FULL),
        (payment(refund(500)), 550, ReversalState.PARTIAL),
        (payment(refund(500, RefundStatus.PENDING)), 550, ReversalState.PARTIAL),
        (payment(refund(500, RefundStatus.FAILED)), 0, ReversalState.NONE),
        (payment(refund(500, RefundStatus.CANCELED)), 0, ReversalState.NONE),
        (payment(refund(500, RefundStatus.REQUESTED)), 0, ReversalState.NONE),
        (payment(refund(1)), 1, ReversalState.PARTIAL),
        (payment(refund(PAID - 1)), TOTAL - 2, ReversalState.PARTIAL),
        (payment(refund(600), refund(600)), TOTAL, ReversalState.FULL),
        (payment(told=PAID), TOTAL, ReversalState.FULL),
        (payment(refund(500), told=500), 550, ReversalState.PARTIAL),
        (payment(refund(500), told=PAID), TOTAL, ReversalState.FULL),
        (payment(refund(500, RefundStatus.FAILED), told=500), 0, ReversalState.NONE),
        (payment(dispute(DisputeStatus.NEEDS_RESPONSE)), TOTAL, ReversalState.DISPUTED),
        (
            payment(dispute(DisputeStatus.UNDER_REVIEW, movements=0, withheld=False)),
            0,
            ReversalState.DISPUTED,
        ),
        (payment(dispute(DisputeStatus.WON, movements=2, withheld=False)), 0, ReversalState.NONE),
        (payment(dispute(DisputeStatus.WON)), 0, ReversalState.NONE),
        (payment(dispute(DisputeStatus.WON, movements=3)), TOTAL, ReversalState.LOST),
        (payment(dispute(DisputeStatus.LOST)), TOTAL, ReversalState.LOST),
        (payment(dispute(DisputeStatus.LOST, movements=0, withheld=False)), TOTAL, ReversalState.LOST),
        (payment(dispute(DisputeStatus.LOST, movements=2, withheld=False)), 0, ReversalState.NONE),
        (payment(dispute(DisputeStatus.WARNING_NEEDS_RESPONSE, movements=0, withheld=False)), 0, "none"),
        (payment(dispute(DisputeStatus.PREVENTED, movements=0, withheld=False)), 0, ReversalState.NONE),
        (payment(dispute(DisputeStatus.LOST, 500), refund(499)), TOTAL, ReversalState.LOST),
        (payment(dispute(DisputeStatus.LOST), refund(PAID)), TOTAL, ReversalState.LOST),
        (payment(dispute(DisputeStatus.LOST, None)), TOTAL, ReversalState.LOST),
        (payment(refund(1), paid=0), 0, ReversalState.FULL),
    ],
)
def test_the_target_and_the_word_for_it(stand: PaymentStand, tokens: int, state: ReversalState):
    assert (target_tokens(stand), reversal_state(stand)) == (tokens, state)


def test_what_the_charge_tells_beyond_the_refunds_that_are_known_is_one_more():
    assert refunded_cents(payment(refund(300), refund(200, RefundStatus.FAILED), told=700)) == 500


def test_two_disputes_are_withheld_together_and_take_no_more_than_there_is():
    stand = payment(dispute(DisputeStatus.LOST, 700), dispute(DisputeStatus.NEEDS_RESPONSE, 700))

    assert withheld_cents(stand) == 1400
    assert target_tokens(stand) == TOTAL


AMOUNTS = st.lists(st.integers(1, 400), max_size=6)


@given(total=st.integers(1, 10_000), paid=st.integers(1, 10_000), amounts=AMOUNTS)
def test_the_parts_of_a_payment_add_up_to_its_whole(total: int, paid: int, amounts: list[int]):
    """Each refund takes what is missing from the target so far: never below zero, never beyond all, and all for all."""
    targets = [
        target_tokens(PaymentStand(total, paid, 0, [refund(cents) for cents in amounts[:count]], []))
        for count in range(len(amounts) + 1)
    ]
    whole = target_tokens(PaymentStand(total, paid, 0, [*map(refund, amounts), refund(paid)], []))

    assert all(before <= after for before, after in pairwise([*targets, whole]))
    assert whole == total


@given(amounts=AMOUNTS, statuses=st.data(), shown=st.integers(0, 6))
def test_whatever_the_charge_has_told_once_all_refunds_are_told_they_alone_count(amounts, statuses, shown):
    """The charge told, at some moment, the sum of some refunds that had not failed by then."""
    refunds = [refund(cents, statuses.draw(st.sampled_from(RefundStatus))) for cents in amounts]
    known = [each for each in refunds if each.status != RefundStatus.REQUESTED]
    told = sum(each.amount_cents for each in known[:shown])

    expected = sum(each.amount_cents for each in refunds if each.status in REFUNDED)
    assert refunded_cents(payment(*refunds, told=told)) == expected
