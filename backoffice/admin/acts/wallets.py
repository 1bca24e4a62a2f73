"""Adjusting a wallet, and reversing an entry."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest

from backoffice.admin.acts.act import OrderAct
from backoffice.admin.acts.forms import ActForm, AdjustForm
from backoffice.services.orders.adjustment import AdjustmentOrder
from backoffice.services.orders.order import Order
from backoffice.services.orders.reversal import ReversalOrder
from foundation.admin import change_url
from identity.kinds import Right
from tokens.queries.entries import find_posting
from tokens.queries.wallets import wallets_by_account


class Adjust(OrderAct):
    """Give a wallet tokens, or take some."""

    name, title, form_class = "adjust", "Adjust tokens", AdjustForm
    rights = (Right.ADJUST, Right.PROPOSE_ADJUSTMENT)

    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """The wallet."""
        wallets = wallets_by_account([pk])
        if not wallets:
            raise Http404
        words = f"The wallet {wallets[0].document_id}, with {wallets[0].balance:,} tokens"
        return words, change_url("tokens.Wallet", pk)

    def order(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Order:
        """The adjustment."""
        return AdjustmentOrder(pk, answers["tokens"])


class Reverse(OrderAct):
    """Undo an entry."""

    name, title, form_class = "reverse", "Reverse entry", ActForm
    rights = (Right.REVERSE_ENTRY, Right.PROPOSE_ADJUSTMENT)

    def about(self, pk: uuid.UUID) -> tuple[str, str]:
        """The entry."""
        line = find_posting(pk)
        if line is None:
            raise Http404
        kind = line.entry.get_type_display().lower()
        words = f"The entry {line.entry.reference}: {kind} of {line.amount:+,} tokens"
        return words, change_url("tokens.Entry", pk)

    def order(self, request: HttpRequest, pk: uuid.UUID, answers: dict[str, Any]) -> Order:
        """The reversal."""
        return ReversalOrder(pk)
