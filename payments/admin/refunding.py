"""What staff are asked before a payment is given back."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from foundation.admin_forms import ReasonForm
from foundation.ids import new_id
from foundation.money import in_smallest
from identity.kinds import Actor, ActorKind
from payments.errors import RefundAmountMalformed
from payments.kinds import RefundReason
from payments.limits import REFUND_DIGITS_MAX
from payments.models import Purchase
from payments.services.refunds import start_refund


class RefundForm(ReasonForm):
    """How much goes back and why. Its key was made when it was shown, so that sending it twice refunds once."""

    amount = forms.DecimalField(
        required=False,
        max_digits=REFUND_DIGITS_MAX,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
        help_text="Leave it empty for all that is left. The money goes back to the buyer's card or bank, "
        "and its share of the tokens is taken back: from the wallet, or else as debt.",
    )
    why = forms.ChoiceField(
        label="For Stripe",
        choices=RefundReason.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text="Stripe learns from this; the buyer does not see it.",
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)

    field_order = ("amount", "why", "reason")


def refund(request: HttpRequest, purchase: Purchase, answers: dict[str, Any]) -> None:
    """Give the purchase's payment back as the form was answered.

    :raises RefundAmountMalformed: `refund_amount_malformed`; and what `start_refund` raises.
    """
    start_refund(
        purchase_id=purchase.id,
        amount_cents=_cents(answers["amount"], purchase.currency),
        reason=RefundReason(answers["why"]),
        note=answers["reason"],
        idempotency_key=_key(answers["key"], purchase),
        actor=Actor(ActorKind.STAFF, str(request.user.pk)),
        now=timezone.now(),
    )


def _cents(amount: Decimal | None, currency: str) -> int | None:
    if amount is None:
        return None
    try:
        return in_smallest(amount, currency)
    except ValueError as error:
        raise RefundAmountMalformed(str(error)) from error


def _key(form_key: uuid.UUID, purchase: Purchase) -> str:
    """One form may be sent for several purchases: each has a refund of its own."""
    return f"{form_key}:{purchase.id}"
