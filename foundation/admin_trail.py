"""What the pages of the back office tell the audit trail of the changes that are made on them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from foundation.trail import trail

if TYPE_CHECKING:
    Page = admin.ModelAdmin[Any]
else:
    Page = object


class TrailMixin(Page):
    """Has the audit trail take the place of Django's own log: there is one, not two.

    Where a service does what a page asks for, the service records it: then `service_keeps_trail` is set.
    """

    service_keeps_trail: ClassVar[bool] = False

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """What the audit trail says of a form: each field that was changed, from what to what."""
        return {name: _changed(form, name) for name in form.changed_data}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Tell the audit trail."""
        self.tell_trail(request, obj, "add", {"given": message})

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Tell the audit trail, if anything was changed."""
        if message:
            self.tell_trail(request, obj, "change", {"changed": message})

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        """Tell the audit trail."""
        for row in queryset:
            self.tell_trail(request, row, "delete", {"was": str(row)})

    def tell_trail(
        self, request: HttpRequest, row: Any, verb: str, facts: Mapping[str, object], *, reason: str = ""
    ) -> None:
        """Record what was done on a page. Where a service does it, the service records it, and not the page."""
        if not self.service_keeps_trail:
            kind = str(self.opts.model_name)
            trail().tell(
                request,
                action=f"{kind}.{verb}",
                subject_kind=kind,
                subject_id=row.pk,
                facts=facts,
                reason=reason,
            )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the row's records in the audit trail; Django's own log is not kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(trail().address_of(str(self.opts.model_name), unquote(object_id)))


def _changed(form: Any, name: str) -> object:
    """From what to what, as text; of free text only that it was changed, since the trail keeps things for ever."""
    field = form.fields[name]
    if isinstance(field, forms.CharField):
        return None
    return [_told(form.get_initial_for_field(field, name)), _told(form.cleaned_data.get(name))]


def _told(value: object) -> object:
    if isinstance(value, models.QuerySet | list | tuple):
        return sorted(str(each) for each in value)
    return value if value is None or isinstance(value, bool | int) else str(value)
