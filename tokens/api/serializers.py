"""The bank's part of the API, as JSON. Tokens are whole, money is whole cents, times are ISO 8601 in UTC."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from identity.limits import FIREBASE_UID_LENGTH_MAX as USER_LENGTH_MAX
from tokens.kinds import EntryType
from tokens.models import Package, Posting
from tokens.queries.entries import describe
from tokens.queries.statements import Statement
from tokens.queries.wallets import WalletState


class PackageSerializer(serializers.ModelSerializer[Package]):
    """A package that can be bought."""

    class Meta:
        model = Package
        fields = (
            "code",
            "name",
            "description",
            "tokens",
            "bonus_tokens",
            "total_tokens",
            "price_cents",
            "currency",
            "featured",
            "tokens_expire_after_days",
        )
        read_only_fields = fields


class BalanceSerializer(serializers.Serializer[WalletState]):
    """A wallet. `available` is what can be spent now; `total_purchased` counts bought tokens, not bonus."""

    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()
    debt = serializers.IntegerField()
    total_purchased = serializers.IntegerField()
    total_earned = serializers.IntegerField()
    total_spent = serializers.IntegerField()
    seq = serializers.IntegerField(help_text="How many transactions the wallet has had.")
    frozen = serializers.BooleanField()
    updated_at = serializers.DateTimeField()


class TransactionSerializer(serializers.Serializer[Posting]):
    """One change of the balance. `amount` is signed."""

    id = serializers.UUIDField(source="entry_id")
    type = serializers.ChoiceField(source="entry.type", choices=EntryType.choices)
    amount = serializers.IntegerField()
    balance_after = serializers.IntegerField()
    seq = serializers.IntegerField()
    description = serializers.SerializerMethodField()
    reference = serializers.SerializerMethodField(help_text="The caller's own, if one was given; else ours.")
    created_at = serializers.DateTimeField(source="entry.created_at")

    def get_description(self, posting: Posting) -> str:
        """The entry in words."""
        return describe(posting)

    def get_reference(self, posting: Posting) -> str:
        """What the caller knows it by."""
        note = getattr(posting.entry, "note", None)
        return (note.label if note else "") or posting.entry.reference


class StatementLineSerializer(TransactionSerializer):
    """One change of the balance, in a statement."""


class TransactionQuerySerializer(serializers.Serializer[Mapping[str, Any]]):
    """What narrows the list of transactions."""

    type = serializers.ChoiceField(choices=EntryType.choices, required=False, help_text="Only this type.")


class WhoseSerializer(serializers.Serializer[Mapping[str, Any]]):
    """Whose wallet a service asks about."""

    user = serializers.CharField(
        max_length=USER_LENGTH_MAX,
        required=False,
        help_text="For services: whose. A Firebase uid or our user id.",
    )


class PeriodSerializer(serializers.Serializer[Mapping[str, Any]]):
    """A period: after `since` and until `until`."""

    since = serializers.DateTimeField(
        required=False, help_text="Only what came after; from the beginning without it."
    )
    until = serializers.DateTimeField(required=False, help_text="Up to here, included; now without it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A period ends after it begins, and now if nobody says when."""
        until = attrs.get("until") or timezone.now()
        if "since" in attrs and attrs["since"] > until:
            raise serializers.ValidationError({"since": ["This is after `until`."]})
        return {**attrs, "until": until}


class StatementSerializer(serializers.Serializer[Statement]):
    """What a statement says of its whole period."""

    since = serializers.DateTimeField(allow_null=True)
    until = serializers.DateTimeField()
    opening_balance = serializers.IntegerField()
    closing_balance = serializers.IntegerField()
