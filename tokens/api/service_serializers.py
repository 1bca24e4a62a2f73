"""What services ask of the bank, and holds, as JSON. Tokens are whole, times are ISO 8601 in UTC."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from identity.limits import FIREBASE_UID_LENGTH_MAX
from tokens.kinds import EntryType, HoldStatus
from tokens.limits import (
    CALL_TOKENS_MAX,
    HOLD_SECONDS_DEFAULT,
    HOLD_SECONDS_MAX,
    HOLD_SECONDS_MIN,
    LABEL_LENGTH_MAX,
    REASON_LENGTH_MAX,
)
from tokens.models import Hold

CATEGORIES = (EntryType.GRANT, EntryType.PROMOTION, EntryType.BONUS)


class WholeNumberField(serializers.IntegerField):
    """A JSON number without a fraction: DRF's own takes "5" and 5.0 for 5, which are a caller's mistakes."""

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A JSON string: DRF's own takes numbers, too."""

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class _CallSerializer(serializers.Serializer[Mapping[str, Any]]):
    user = TextField(max_length=FIREBASE_UID_LENGTH_MAX, help_text="A Firebase uid or our user id.")
    amount = WholeNumberField(min_value=1, max_value=CALL_TOKENS_MAX, help_text="Whole tokens.")
    reason = TextField(max_length=REASON_LENGTH_MAX, help_text="For people; the customer reads it.")
    reference = TextField(
        max_length=LABEL_LENGTH_MAX, required=False, default="", help_text="Your own label; it is no key."
    )


class SpendSerializer(_CallSerializer):
    """What to spend, of whose tokens, and why."""


class GrantSerializer(_CallSerializer):
    """What to give whom, and why. Granted tokens may expire."""

    category = serializers.ChoiceField(
        choices=[(each.value, each.label) for each in CATEGORIES],
        default=EntryType.GRANT.value,
        help_text="The transaction's type.",
    )
    expires_at = serializers.DateTimeField(required=False, default=None, help_text="In the future.")

    def validate_expires_at(self, moment: datetime | None) -> datetime | None:
        """Tokens that have expired are none."""
        if moment is not None and moment <= timezone.now():
            raise serializers.ValidationError("This is not in the future.")
        return moment


class HoldRequestSerializer(_CallSerializer):
    """What to set aside, of whose tokens, why and for how long."""

    expires_in = WholeNumberField(
        min_value=HOLD_SECONDS_MIN,
        max_value=HOLD_SECONDS_MAX,
        default=HOLD_SECONDS_DEFAULT,
        help_text="Seconds until it ends by itself.",
    )


class CaptureSerializer(serializers.Serializer[Mapping[str, Any]]):
    """How much of a hold to spend; all of it if not given."""

    amount = WholeNumberField(min_value=1, max_value=CALL_TOKENS_MAX, required=False, default=None)


class HoldSerializer(serializers.Serializer[Hold]):
    """Tokens set aside. What was not captured of them is free again once it is resolved."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=HoldStatus.choices)
    amount = serializers.IntegerField()
    captured = serializers.IntegerField(allow_null=True, help_text="What was spent of it.")
    entry = serializers.UUIDField(
        source="entry_id", allow_null=True, help_text="The transaction of its capture."
    )
    reason = serializers.CharField(source="note.reason", default="")
    reference = serializers.CharField(source="note.label", default="", help_text="The caller's own label.")
    placed_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
