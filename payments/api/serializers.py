"""Purchases as JSON. Tokens are whole tokens, money is whole cents, times are ISO 8601 in UTC."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from payments.kinds import PurchaseStatus, ReversalState
from payments.models import Purchase
from tokens.limits import PACKAGE_CODE_LENGTH_MAX


class PurchaseRequestSerializer(serializers.Serializer[Mapping[str, Any]]):
    """What to buy. Price, currency and tokens are the package's: a caller cannot name them."""

    package = serializers.CharField(max_length=PACKAGE_CODE_LENGTH_MAX, help_text="The package's code.")


class PurchaseSerializer(serializers.Serializer[Purchase]):
    """A purchase.

    While it is `open`, `checkout_url` is where to pay, until `expires_at`. While it is `processing`, the buyer is
    done and a bank decides, for days; it becomes `settled` or `failed`.
    """

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=PurchaseStatus.choices)
    reversal = serializers.ChoiceField(
        choices=ReversalState.choices, help_text="How much of its payment has gone back, or is disputed."
    )
    package = serializers.CharField(source="package_id")
    total_tokens = serializers.IntegerField(help_text="Tokens and bonus.")
    amount_cents = serializers.IntegerField(source="price_cents")
    currency = serializers.CharField()
    checkout_url = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    expected_by = serializers.DateTimeField(
        allow_null=True, help_text="While it is `processing`: by when the bank has paid or refused."
    )
    tokens_expire_after_days = serializers.IntegerField(
        allow_null=True, help_text="Days from the credit until unused tokens expire; null: they never do."
    )
    tokens_expire_at = serializers.DateTimeField(
        allow_null=True, help_text="When those expire that are not used by then, once they are credited."
    )
    settled_at = serializers.DateTimeField(allow_null=True, help_text="When the tokens were credited.")
