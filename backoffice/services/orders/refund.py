"""Giving a purchase's payment back."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backoffice.kinds import Effect, ProposalKind, Terms
from backoffice.services.rehearsal import on_wallet
from foundation.money import in_words
from identity.kinds import Actor, Right
from payments.errors import PaymentsUnavailable, RefundRefused
from payments.kinds import RefundReason, RefundStatus
from payments.queries.purchases import payment_of
from payments.services import staff_refunds
from payments.services.reversals import lock_purchase


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Give back so much of a payment, in the smallest unit of its currency."""

    purchase_id: uuid.UUID
    amount_cents: int
    why: RefundReason
    kind: ClassVar = ProposalKind.REFUND
    alone: ClassVar = Right.REFUND_PURCHASE
    proposing: ClassVar = Right.PROPOSE_REFUND

    def terms(self, *, proposal_id: uuid.UUID) -> Terms:  # noqa: ARG002 - an Order
        """What a proposal freezes of it."""
        payment = payment_of(self.purchase_id)
        request: dict[str, object] = {
            "purchase_id": str(self.purchase_id),
            "amount_cents": self.amount_cents,
            "why": self.why.value,
        }
        return Terms(self.purchase_id, payment.account_id, self.amount_cents, payment.currency, request)

    def foresee(self, *, now: datetime) -> list[Effect]:
        """What goes back to the buyer, and where that leads the wallet."""
        payment = payment_of(self.purchase_id)
        tokens = on_wallet(
            payment.account_id,
            lambda: staff_refunds.take_back_as_if(
                purchase_id=self.purchase_id, amount_cents=self.amount_cents, now=now
            ),
            now=now,
            lock=self.lock,
        )
        left = payment.left_cents - self.amount_cents
        return [
            Effect("Money returned to the buyer", in_words(self.amount_cents, payment.currency)),
            Effect(
                "Left of the payment",
                in_words(left, payment.currency),
                in_words(payment.left_cents, payment.currency),
            ),
            *tokens,
        ]

    def lock(self) -> None:
        """A purchase is locked before its wallet."""
        lock_purchase(self.purchase_id)

    def carry_out(
        self, *, key: uuid.UUID, reason: str, maker: Actor, checker: Actor | None, now: datetime
    ) -> None:
        """Write the refund down. Stripe is asked after the commit, and by a sweep if that comes to nothing."""
        staff_refunds.request_refund(
            purchase_id=self.purchase_id,
            amount_cents=self.amount_cents,
            reason=self.why,
            note=reason,
            idempotency_key=str(key),
            actor=maker,
            checker=checker,
            now=now,
        )

    def complete(self, *, key: uuid.UUID, now: datetime) -> bool:
        """Have Stripe asked. Where it does not answer, the sweep of refunds asks again; what it refused is over."""
        with suppress(PaymentsUnavailable, RefundRefused):
            staff_refunds.send_refund(idempotency_key=str(key), now=now)
        return staff_refunds.refund_by_key(str(key)).status != RefundStatus.REQUESTED

    def outcome(self, *, key: uuid.UUID) -> str:
        """Where the refund stands."""
        refund = staff_refunds.refund_by_key(str(key))
        if refund.status == RefundStatus.REQUESTED:
            return "Stripe did not answer, and is asked again by itself"
        if refund.status == RefundStatus.FAILED:
            return f"Stripe refused it: {refund.failure_reason}"
        return f"Stripe has made it: {refund.stripe_refund_id}, {refund.status}"
