"""What staff are asked before they act. Each form carries a key made when it was shown: sent twice, it acts once."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from backoffice.limits import GRANT_FILE_BYTES_MAX, GRANT_ROWS_MAX
from backoffice.services.orders.grants import CATEGORIES
from foundation.admin_forms import ReasonForm
from foundation.ids import new_id
from foundation.limits import ADMIN_REASON_LENGTH_MAX
from payments.kinds import RefundReason
from payments.limits import REFUND_DIGITS_MAX


class ActForm(ReasonForm):
    """Why, and the key."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=new_id)


class AdjustForm(ActForm):
    """How many tokens."""

    tokens = forms.IntegerField(
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="With a minus sign they are taken. Only free tokens are: not what is held.",
    )
    field_order = ("tokens", "reason")


class RefundForm(ActForm):
    """How much goes back."""

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
    field_order = ("amount", "why", "reason")


class GrantsForm(ActForm):
    """A file of grants; once it was read, its text goes along and is read again."""

    file = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,text/csv"}),
        help_text=f"CSV in UTF-8 with the header user,tokens: an e-mail address or id, and how many tokens. "
        f"At most {GRANT_ROWS_MAX:,} rows and {GRANT_FILE_BYTES_MAX // 1024} KiB.",
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    category = forms.ChoiceField(
        label="As",
        choices=[(each.value, each.label) for each in CATEGORIES],
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ("file", "category", "reason")

    def clean(self) -> dict[str, Any]:
        """One of the two is there."""
        answers = super().clean() or {}
        if not answers.get("file") and not answers.get("text") and "file" not in self.errors:
            self.add_error("file", "Choose a file.")
        return answers


class DecideForm(forms.Form):
    """What a checker says. Where the wallet has changed since, they say that they have seen it."""

    answer = forms.CharField(
        required=False,
        max_length=ADMIN_REASON_LENGTH_MAX,
        label="Your words",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="For other members of staff. Rejecting needs them.",
    )
    seen = forms.BooleanField(label="I have seen what changed", required=False, widget=UnfoldBooleanWidget())
    seen_seq = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, has_changed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_changed:
            del self.fields["seen"]
