"""How many of a purchase's tokens are to be back at the house, by what Stripe says of its payment."""

from collections.abc import Sequence
from dataclasses import dataclass

from payments.kinds import REFUNDED, UNDECIDED, DisputeStatus, RefundStatus, ReversalState

# A dispute's money is taken, given back when it is won, and only in an arbitration after that taken again.
_TAKEN_AGAIN = 3


@dataclass(frozen=True, slots=True)
class RefundStand:
    """A refund as it is known. `amount_cents` is in the payment's currency."""

    status: RefundStatus
    amount_cents: int


@dataclass(frozen=True, slots=True)
class DisputeStand:
    """A dispute as it is known. `amount_cents` is None where it is told in another currency than the payment's."""

    status: DisputeStatus
    amount_cents: int | None
    movements: int
    is_withheld: bool


@dataclass(frozen=True, slots=True)
class PaymentStand:
    """All that decides about a purchase's reversal.

    `charge_refunded_cents` is the most that Stripe ever said was refunded of the charge: a refund may be told by its
    charge before it is told itself.
    """

    total_tokens: int
    paid_cents: int
    charge_refunded_cents: int
    refunds: Sequence[RefundStand]
    disputes: Sequence[DisputeStand]


def refunded_cents(payment: PaymentStand) -> int:
    """What was given back, or is on its way: more than was paid, where Stripe says so.

    What the charge tells beyond all refunds that are known, failed ones included, is a refund not told yet. Once
    every refund is told that is nothing, in whatever order they were.
    """
    known = sum(refund.amount_cents for refund in payment.refunds if refund.status != RefundStatus.REQUESTED)
    given = sum(refund.amount_cents for refund in payment.refunds if refund.status in REFUNDED)
    return given + max(0, payment.charge_refunded_cents - known)


def withheld_cents(payment: PaymentStand) -> int:
    """What banks have taken for disputes and not given back."""
    return sum(
        payment.paid_cents if dispute.amount_cents is None else dispute.amount_cents
        for dispute in payment.disputes
        if is_withheld(dispute)
    )


def target_tokens(payment: PaymentStand) -> int:
    """How many tokens are to be reversed: their share of the payment that has gone back, rounded down.

    Being cumulative, the parts of a payment that goes back in parts add up to the whole.
    """
    if payment.paid_cents == 0:
        return 0
    gone = min(payment.paid_cents, refunded_cents(payment) + withheld_cents(payment))
    return payment.total_tokens * gone // payment.paid_cents


def reversal_state(payment: PaymentStand) -> ReversalState:
    """The word for it: a lost dispute first, then an open one, then refunds."""
    closed = [dispute for dispute in payment.disputes if dispute.status not in UNDECIDED]
    if any(is_withheld(dispute) for dispute in closed):
        return ReversalState.LOST
    if len(closed) < len(payment.disputes):
        return ReversalState.DISPUTED
    given = refunded_cents(payment)
    if given == 0:
        return ReversalState.NONE
    return ReversalState.FULL if given >= payment.paid_cents else ReversalState.PARTIAL


def is_withheld(dispute: DisputeStand) -> bool:
    """A decision counts also before its money has moved, as far as that was told."""
    if dispute.status == DisputeStatus.WON:
        return dispute.is_withheld and dispute.movements >= _TAKEN_AGAIN
    if dispute.status == DisputeStatus.LOST and dispute.movements == 0:
        return True
    return dispute.is_withheld
