"""People, as staff see them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from foundation.admin import ModelAdmin, customer_link
from foundation.admin_forms import ReasonForm
from foundation.panels import panels_of
from foundation.waker import wake
from identity.kinds import SET_CLAIMS_TASK, Right
from identity.models import User
from identity.services.actors import staff
from identity.services.staff import Standing, set_standing

# Rights come by groups, so that people who do the same work have the same rights.
STAFF_RIGHTS = ("is_staff", "is_superuser", "groups")
REASON = "reason"
SERVICES_SAY = (*STAFF_RIGHTS, REASON)  # what is not saved and recorded here
GIVEN_BY_SUPERUSERS = ("is_superuser",)


class PersonForm(forms.ModelForm[User], ReasonForm):
    """A person, and why they are changed: nothing is changed without."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[REASON].required = False  # where nothing is changed

    def clean(self) -> dict[str, Any]:
        """Have whoever changes something say why."""
        given = super().clean() or self.cleaned_data
        if set(self.changed_data) - {REASON} and not given.get(REASON) and REASON not in self.errors:
            self.add_error(REASON, "Say why.")
        return given


@admin.register(User)
class UserAdmin(ModelAdmin):
    """Nobody is added or deleted here, no password or address set: whoever sets one takes the account over.

    People sign up themselves; who has the right to may then make one of them staff, and a superuser a superuser.
    """

    list_display = (
        "person",
        "display_name",
        "firebase_uid",
        "is_active",
        "is_staff",
        "date_joined",
        "sign_in",
    )
    list_display_links = ("sign_in",)
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("id", "email__startswith", "firebase_uid", "display_name__startswith")
    ordering = ("-id",)
    readonly_fields = (
        "customer",
        "id",
        "email",
        "firebase_uid",
        "date_joined",
        "last_login",
        "firebase_joined_at",
    )
    form = PersonForm
    change_form_outer_after_template = "admin/related_tables.html"
    fieldsets = (
        (None, {"fields": ("customer", "id", "email", "display_name", "firebase_uid", "is_active")}),
        ("Rights in the back office", {"fields": STAFF_RIGHTS}),
        ("Why", {"fields": (REASON,)}),
        ("When", {"fields": ("date_joined", "last_login", "firebase_joined_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Rights are given by whom they were given to give: else staff could give themselves any."""
        if request.user.is_superuser:
            return self.readonly_fields
        may_give = request.user.has_perm(Right.MANAGE_STAFF)
        return (*self.readonly_fields, *(GIVEN_BY_SUPERUSERS if may_give else STAFF_RIGHTS))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what is not a service's to say."""
        obj.save(update_fields=[name for name in form.changed_data if name not in SERVICES_SAY])
        wake(SET_CLAIMS_TASK)  # who is locked out is no staff either

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Have the service say whether they work here, and as what, if that is to be another."""
        given = form.cleaned_data
        if set(STAFF_RIGHTS) & set(form.changed_data):
            standing = Standing(
                is_staff=given["is_staff"],
                is_superuser=given.get("is_superuser", form.instance.is_superuser),
                roles=frozenset(group.name for group in given["groups"]),
            )
            set_standing(
                user_id=form.instance.pk,
                standing=standing,
                actor=staff(request),
                reason=given[REASON],
                now=timezone.now(),
            )

    def construct_change_message(self, request: HttpRequest, form: Any, *args: Any, **kwargs: Any) -> Any:
        """What the service does it records itself."""
        told = super().construct_change_message(request, form, *args, **kwargs)
        changed = {name: change for name, change in told.items() if name not in SERVICES_SAY}
        return {"changed": changed, REASON: form.cleaned_data[REASON]} if changed else None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Tell the audit trail what was changed here, and why."""
        if message:
            self.tell_trail(request, obj, "change", {"changed": message["changed"]}, reason=message[REASON])

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show below a person what other apps know of them."""
        context["related_tables"] = panels_of("identity.User", request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Customer", ordering="email")
    def person(self, user: User) -> str:
        """Who it is, with the page of all that is known of them."""
        return customer_link(user.id, user)

    @admin.display(description="Sign-in and rights")
    def sign_in(self, _: User) -> str:
        """What leads to the account's own page."""
        return "Account"

    @admin.display(description="As a customer")
    def customer(self, user: User) -> str:
        """The page of all that is known of them."""
        return customer_link(user.id, "Wallet, purchases, timeline and what may be done next")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff with the right to; superusers are changed by superusers only."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: the ledger keeps what people had."""
        return False
