"""Freezes: why wallets are, or were, frozen, and lifting them with a reason."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from foundation.admin import DASH, ReadOnlyModelAdmin, coloured, customer_link, link, needs
from foundation.admin_forms import ReasonForm, ask_and_act
from identity.kinds import ActorKind, Right
from identity.services.actors import staff
from tokens.kinds import FreezeStep
from tokens.models import Freeze
from tokens.services.wallets import lift_freeze


@admin.register(Freeze)
class FreezeAdmin(ReadOnlyModelAdmin):
    """The list and the page of a freeze; a wallet is frozen on its own page, or from an alert."""

    list_display = ("customer", "cause", "state", "reference", "frozen_at", "lifted_at")
    has_few_rows = True
    list_filter = ("cause", ("lifted_at", admin.EmptyFieldListFilter))
    list_select_related = ("account__owner",)
    search_fields = ("id", "reference", "account__owner__id", "account__owner__email__startswith")
    ordering = ("-frozen_at", "-id")
    actions = ("unfreeze",)
    has_freeze_permission = needs(Right.FREEZE_WALLET)
    fieldsets = (
        (None, {"fields": ("owner", "wallet", "state", "cause", "reference")}),
        ("Frozen", {"fields": ("frozen_at", "freezer", "reason_to_freeze")}),
        ("Lifted", {"fields": ("lifted_at", "lifter", "reason_to_lift")}),
    )

    def row_actions(self, request: HttpRequest, row: Freeze) -> list[tuple[str, str]]:
        """Only an open freeze can be lifted."""
        return super().row_actions(request, row) if row.lifted_at is None else []

    @admin.action(description="Unfreeze…", permissions=["freeze"])
    def unfreeze(self, request: HttpRequest, freezes: QuerySet[Freeze]) -> HttpResponse | None:
        """Lift them, with a reason. A wallet can be used again when none of its freezes is open."""
        actor, now = staff(request), timezone.now()
        return ask_and_act(
            self,
            request,
            freezes,
            title="Unfreeze",
            foretold="The freeze is lifted for good; the wallet can be used again once no other freeze of it is open.",
            form_class=ReasonForm,
            action="unfrozen",
            act=lambda freeze, answers: lift_freeze(
                freeze_id=freeze.id, reason=answers["reason"], actor=actor, now=now
            ),
        )

    @coloured("Status", {"open": "danger", "lifted": "success"}, ordering="lifted_at")
    def state(self, freeze: Freeze) -> str:
        """Whether it still freezes."""
        return "lifted" if freeze.lifted_at else "open"

    @admin.display(description="Customer")
    def customer(self, freeze: Freeze) -> str:
        """Whose wallet it is."""
        return str(freeze.account.owner)

    @admin.display(description="Customer")
    def owner(self, freeze: Freeze) -> str:
        """Whose wallet it is, with the page of all that is known of them."""
        return customer_link(freeze.account.owner_id, freeze.account.owner)

    @admin.display(description="Wallet")
    def wallet(self, freeze: Freeze) -> str:
        """The wallet that it freezes."""
        return link("tokens.Wallet", freeze.account_id, freeze.account.owner)

    @admin.display(description="By")
    def freezer(self, freeze: Freeze) -> str:
        """Who froze it."""
        return who(freeze.frozen_by_kind, freeze.frozen_by)

    @admin.display(description="By")
    def lifter(self, freeze: Freeze) -> str:
        """Who lifted it."""
        return who(freeze.lifted_by_kind, freeze.lifted_by)

    @admin.display(description="Reason")
    def reason_to_freeze(self, freeze: Freeze) -> str:
        """What was written on freezing."""
        return reason_of(freeze, FreezeStep.FREEZE)

    @admin.display(description="Reason")
    def reason_to_lift(self, freeze: Freeze) -> str:
        """What was written on lifting."""
        return reason_of(freeze, FreezeStep.UNFREEZE)


def who(kind: str, actor_id: str) -> str:
    """A member of staff by their page, anybody else by their kind."""
    return link("identity.User", actor_id) if kind == ActorKind.STAFF else kind or DASH


def reason_of(freeze: Freeze, step: FreezeStep) -> str:
    """What was written at a step, unless nothing was or it is erased."""
    return next((each.reason for each in freeze.reasons.all() if each.step == step), DASH)
