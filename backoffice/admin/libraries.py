"""The pages that libraries bring along: read-only where services do the writing, restyled else."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from allauth.usersessions.models import UserSession
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpRequest
from unfold import widgets

from foundation.admin import ModelAdmin, ReadOnlyModelAdmin, pretty
from foundation.admin_forms import ReasonForm, answered, ask
from identity.queries.devices import device_words

# What this product has dj-stripe copy. Its other tables stay empty, and its keys and webhook secrets are
# nobody's to read or to change here.
STRIPE_COPIES: Final = (
    "Account",
    "BalanceTransaction",
    "Charge",
    "Customer",
    "Dispute",
    "Event",
    "PaymentIntent",
    "PaymentMethod",
    "Price",
    "Product",
    "Refund",
    "Session",
)
LOOKED_AFTER: Final = ("djstripe", "account", "socialaccount", "mfa", "usersessions")
RESTYLED: Final = "django_celery_beat"
RUNS_TASKS: Final = "run_tasks"
# What the restyled library's actions will do to each row.
FORETOLD: Final = {
    "enable_tasks": "From now on beat starts the task whenever its time has come.",
    "disable_tasks": "Beat starts the task no more, until somebody enables it again.",
    "toggle_tasks": "What is enabled is disabled, and what is disabled is enabled.",
    RUNS_TASKS: "A worker runs the task once, now, whatever its schedule says.",
}
# unfold styles the widgets of fields that it makes itself, not of those that a form declares.
STYLES: Final[tuple[tuple[type[forms.Widget], list[str]], ...]] = (
    (forms.CheckboxInput, widgets.SWITCH_CLASSES),  # before Input, whose subclass it is
    (forms.SelectMultiple, widgets.SELECT_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.widgets.Input, widgets.INPUT_CLASSES),
)

if TYPE_CHECKING:
    RestyledBase = ModelAdmin
else:
    RestyledBase = object


class StripeCopyAdmin(ReadOnlyModelAdmin):
    """One of Stripe's objects as dj-stripe last saw it."""

    list_display = ("id", "livemode", "created", "djstripe_updated")
    search_fields = ("id__startswith",)
    ordering = ("-pk",)
    fields = ("id", "livemode", "created", "djstripe_created", "djstripe_updated", "as_stripe_tells_it")

    @admin.display(description="As Stripe tells it")
    def as_stripe_tells_it(self, row: Any) -> str:
        """The object itself."""
        return pretty(row.stripe_data)


class EmailAddressAdmin(ReadOnlyModelAdmin):
    """Addresses are added and verified by those who own them: whoever sets one takes the account over."""

    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email__startswith", "user__id")


class SocialAccountAdmin(ReadOnlyModelAdmin):
    """Accounts elsewhere that people connected."""

    list_display = ("uid", "provider", "user", "date_joined", "last_login")
    list_filter = ("provider",)
    list_select_related = ("user",)
    search_fields = ("user__id", "user__email__startswith")
    fields = ("provider", "uid", "user", "date_joined", "last_login")


class DeviceAdmin(ReadOnlyModelAdmin):
    """Sessions by the device that has them. The key that opens one is shown to nobody, nor found by."""

    list_display = ("device", "user", "ip", "created_at", "last_seen_at")
    list_select_related = ("user",)
    search_fields = ("user__id", "user__email__startswith")
    ordering = ("-pk",)
    fields = ("user", "device", "user_agent", "ip", "created_at", "last_seen_at")

    @admin.display(description="device")
    def device(self, session: UserSession) -> str:
        """Browser and system, as people call them."""
        return device_words(session.user_agent)


class GroupAdmin(ModelAdmin):
    """Groups of rights. Only superusers change them: else staff could give themselves any right."""

    has_few_rows = True
    list_display = ("name",)
    search_fields = ("name__startswith",)
    formfield_overrides = {models.ManyToManyField: {"widget": forms.SelectMultiple(attrs={"size": 20})}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Superusers only."""
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Superusers only."""
        return _is_superuser(request)


class RestyleMixin(RestyledBase):
    """Gives the widgets of a library's own form unfold's look, and its actions to those who may change the rows."""

    has_few_rows = True

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The library asks for no right and no reason, and records nothing: whoever may look could run a task."""
        actions: dict[str, Any] = super().get_actions(request)
        if not self.has_change_permission(request):
            return {}
        return {
            name: (act if name == "delete_selected" else _recorded(act, name, str(words)), name, words)
            for name, (act, _, words) in actions.items()
        }

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Style what the form declares."""
        form = super().get_form(request, obj, change, **kwargs)
        for field in form.base_fields.values():
            _style(field.widget)
        return form


def _recorded(act: Callable[..., Any], name: str, title: str) -> Callable[..., Any]:
    """The library's action, once somebody has said why: told to the trail for each row in the transaction that does it.

    Running tasks sends messages, which no transaction may wait for: that is told first, and then done.
    """

    def ask_and_tell(page: ModelAdmin, request: HttpRequest, rows: models.QuerySet[Any]) -> Any:
        form = answered(request, ReasonForm)
        if not form.is_valid():
            return ask(page, request, rows, title=title, foretold=FORETOLD.get(name, title), form=form)
        with transaction.atomic():
            for row in rows:
                page.tell_trail(request, row, name, {}, reason=form.cleaned_data["reason"])
            if name != RUNS_TASKS:
                return act(page, request, rows)
        return act(page, request, rows)

    return ask_and_tell


def adopt_libraries() -> None:
    """Replace the pages that libraries registered with ours."""
    for model, page in list(admin.site._registry.items()):  # noqa: SLF001 - there is no public list
        app_label = model._meta.app_label
        if app_label in LOOKED_AFTER:
            admin.site.unregister(model)
        elif app_label == RESTYLED:
            _restyle(model, type(page))
    for name in STRIPE_COPIES:
        admin.site.register(apps.get_model("djstripe", name), StripeCopyAdmin)
    admin.site.register(apps.get_model("account.EmailAddress"), EmailAddressAdmin)
    admin.site.register(apps.get_model("socialaccount.SocialAccount"), SocialAccountAdmin)
    admin.site.register(apps.get_model("usersessions.UserSession"), DeviceAdmin)
    admin.site.unregister(Group)
    admin.site.register(Group, GroupAdmin)


def _restyle(model: type[models.Model], page: type[admin.ModelAdmin[Any]]) -> None:
    """Register the library's page again, with our base below it."""
    searched = tuple(f"{name}__icontains" for name in page.search_fields)  # small tables: any part may match
    restyled = type(f"Restyled{page.__name__}", (RestyleMixin, page, ModelAdmin), {"search_fields": searched})
    admin.site.unregister(model)
    admin.site.register(model, restyled)


def _style(widget: forms.Widget) -> None:
    if widget.is_hidden or type(widget).__module__.startswith("unfold"):
        return
    for base, classes in STYLES:
        if isinstance(widget, base):
            widget.attrs["class"] = " ".join(classes)
            return


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
