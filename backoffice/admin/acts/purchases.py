"""Giving a payment back, and releasing what was quarantined."""

import uuid
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from backoffice.admin.acts.act import Act, Foreseen, OrderAct
from backoffice.admin.acts.forms import ActForm, RefundForm
from backoffice.kinds import Effect
from backoffice.services.orders.order import Order
from backoffice.services.orders.refund import RefundOrder
from backoffice.services.rehearsal import on_wallet
from foundation.admin import change_url
from foundation.money import in_smallest, in_words
from identity.kinds import Right
from identity.services import actors
from payments.errors import PurchaseNotFound, RefundAmountMalformed
from payments.kinds import RefundReason
from payments.queries.purchases import Payment, payment_of
from payments.services import quarantine
from payments.services.reversals import lock_purchase


class Refund(OrderAct):
    """Give a payment back, whole or in part."""

    name, title, form_class = "refund", "Give money back", RefundForm
    rights = (Right.REFUND_PURCHASE, Right.PROPOSE_REFUND)

    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """The purchase and what is left of its payment."""
        payment = _payment(pk)
        left = in_words(payment.left_cents, payment.currency)
        return f"The purchase {pk}: {left} is left of its payment", change_url("payments.Purchase", pk)

    def order(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Order:
        """The refund; all that is left, where no amount is named."""
        payment = payment_of(pk)
        amount: Decimal | None = answers["amount"]
        try:
            cents = payment.left_cents if amount is None else in_smallest(amount, payment.currency)
        except ValueError as error:
            raise RefundAmountMalformed(str(error)) from error
        return RefundOrder(pk, cents, RefundReason(answers["why"]))


class Release(Act):
    """Credit what was quarantined after all."""

    name, title, form_class = "release", "Release and credit", ActForm
    rights = (Right.SETTLE_QUARANTINED,)

    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """The purchase and what was paid."""
        payment = _payment(pk)
        paid = in_words(payment.paid_cents, payment.currency)
        return f"The purchase {pk}, for which {paid} came in", change_url("payments.Purchase", pk)

    def foresee(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Foreseen:
        """What the customer gets."""
        payment, now = payment_of(pk), timezone.now()
        paid = Effect("Money kept", in_words(payment.paid_cents, payment.currency))
        tokens = on_wallet(
            payment.account_id,
            lambda: quarantine.settle(purchase_id=pk, now=now),
            lock=lambda: lock_purchase(pk),
            now=now,
        )
        return Foreseen([paid, *tokens])

    def do(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> tuple[str, str]:
        """Release it."""
        quarantine.release(
            purchase_id=pk, reason=answers["reason"], actor=actors.staff(request), now=timezone.now()
        )
        return "Released: the tokens are in the wallet.", self.about(pk)[1]


def _payment(pk: uuid.UUID) -> Payment:
    try:
        return payment_of(pk)
    except PurchaseNotFound as error:
        raise Http404 from error
