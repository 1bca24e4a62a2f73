"""The package's page: what is sold changes only by publishing it, here and at Stripe."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from foundation.admin import ModelAdmin, coloured
from foundation.admin_forms import ANSWERED, ReasonForm, answered, confirmation
from foundation.errors import Refusal
from foundation.money import in_words
from identity.kinds import Right
from identity.services.actors import staff
from payments.models import PackagePublication
from payments.services.catalogue import publish_package, retire_package
from tokens.kinds import PackageTerms

Package: type[models.Model] = apps.get_model("tokens", "Package")
TERMS = (
    "name",
    "description",
    "tokens",
    "bonus_tokens",
    "tokens_expire_after_days",
    "price_cents",
    "currency",
    "featured",
    "position",
)
# What the request carries from the checked form to the service, and back from a refusal to the form.
CHANGE = "_package_change"
REFUSAL = "_package_refusal"


@dataclass(frozen=True)
class Change:
    """What the checked form asks the service to do."""

    code: str
    terms: PackageTerms
    is_on_sale: bool


class PackageForm(forms.ModelForm[Any]):
    """What a package is and costs. `refusal` is what the service said to these very values a moment ago."""

    refusal: Refusal | None = None

    def clean(self) -> dict[str, Any]:
        """Say what no single field can."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.refusal is not None:
            by_field: Any = self.refusal.members.get("errors")
            raise ValidationError(by_field or self.refusal.detail)
        if not cleaned.get("on_sale") and set(self.changed_data) - {"on_sale"}:
            raise ValidationError(
                "A package is changed by putting it on sale; one that is taken off sale keeps its terms."
            )
        return cleaned


@admin.register(Package)
class PackageAdmin(ModelAdmin):
    """Saving asks why, then publishes or retires the package. Should Stripe refuse, nothing is changed."""

    form = PackageForm
    service_keeps_trail = True
    list_display = ("name", "code", "tokens", "bonus_tokens", "price", "state", "featured", "position")
    has_few_rows = True
    list_filter = ("on_sale",)
    search_fields = ("code__startswith", "name__startswith")
    ordering = ("position", "code")
    fieldsets = (
        (None, {"fields": ("code", "name", "description")}),
        (
            "Terms",
            {
                "fields": ("tokens", "bonus_tokens", "tokens_expire_after_days", "price_cents", "currency"),
                "description": "A new price is made at Stripe first. Purchases keep theirs.",
            },
        ),
        ("In the shop", {"fields": ("on_sale", "featured", "position")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The code is the package's name for ever."""
        return ("code",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new package goes on sale."""
        return {"on_sale": True}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who has the right that the service asks for."""
        return request.user.has_perm(Right.PUBLISH_PACKAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has the right that the service asks for."""
        return request.user.has_perm(Right.PUBLISH_PACKAGE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: purchases refer to it. It is taken off sale instead."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Check the form, then have the service do it, after Django's own transaction: it asks Stripe."""
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        extra_context = {**one_button, **(extra_context or {})}
        response = super().changeform_view(request, object_id, form_url, extra_context)
        change: Change | None = getattr(request, CHANGE, None)
        if change is None:
            return response
        asked = answered(request, ReasonForm)
        if not asked.is_valid():
            return self._ask(request, change, asked)
        try:
            done = _apply(request, change, reason=asked.cleaned_data["reason"])
        except Refusal as refusal:
            setattr(request, REFUSAL, refusal)
            return super().changeform_view(request, object_id, form_url, extra_context)
        self.message_user(request, done, messages.SUCCESS)
        return response

    def _ask(self, request: HttpRequest, change: Change, asked: forms.Form) -> HttpResponse:
        """Say what will happen, ask why, and have the same form come back with the answer."""
        left_out = {ANSWERED, "csrfmiddlewaretoken", *asked.fields}
        given = ((name, value) for name, values in request.POST.lists() for value in values)
        return confirmation(
            self,
            request,
            title="Publish" if change.is_on_sale else "Take off sale",
            foretold=_foretold(change),
            form=asked,
            rows=[change.terms.name],
            carried=[(name, str(value)) for name, value in given if name not in left_out],
            back=request.get_full_path(),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Give the form what the service refused, if it did."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, REFUSAL, None)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save nothing; remember what the service is to do."""
        terms = PackageTerms(**{name: form.cleaned_data[name] for name in TERMS})
        setattr(request, CHANGE, Change(obj.code, terms, obj.on_sale))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go to the list; whether it worked is not known yet."""
        return HttpResponseRedirect(reverse("admin:tokens_package_changelist"))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Go to the list; whether it worked is not known yet."""
        return HttpResponseRedirect(reverse("admin:tokens_package_changelist"))

    @admin.display(description="Price", ordering="price_cents")
    def price(self, package: Any) -> str:
        """What it costs."""
        return in_words(package.price_cents, package.currency)

    @coloured("Sale", {"on sale": "success", "retired": "info"}, ordering="on_sale")
    def state(self, package: Any) -> str:
        """Whether it can be bought."""
        return "on sale" if package.on_sale else "retired"


def _foretold(change: Change) -> str:
    """What publishing or retiring will do, in words."""
    terms = change.terms
    if not change.is_on_sale:
        return "It goes off sale, here and at Stripe. Purchases that are open already can still be paid."
    price = in_words(terms.price_cents, terms.currency)
    sold = f"It is sold from now on as {terms.tokens:,} + {terms.bonus_tokens:,} tokens for {price}."
    in_force = PackagePublication.objects.filter(package_id=change.code, withdrawn_at=None)
    if in_force.filter(price_cents=terms.price_cents, currency=terms.currency).exists():
        return f"{sold} Its price at Stripe stays as it is, and purchases that are open keep their terms."
    return f"{sold} A new price is made at Stripe; purchases that are open keep their price and terms."


def _apply(request: HttpRequest, change: Change, *, reason: str) -> str:
    """Publish or retire; answer what was done in words."""
    actor, now, terms = staff(request), timezone.now(), change.terms
    if change.is_on_sale:
        publish_package(code=change.code, terms=terms, reason=reason, actor=actor, now=now)
        return f"{terms.name} is on sale at these terms."
    retire_package(code=change.code, reason=reason, actor=actor, now=now)
    return f"{terms.name} is off sale."
