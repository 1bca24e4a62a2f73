"""What the pages of the back office share: bounded lists, indexed search, rows that only services change."""

import json
import logging
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from unfold.decorators import display

from foundation import limits
from foundation.admin_labels import LabelMixin
from foundation.admin_lists import CountedChangeList, EstimatingPaginator, indexed_fields
from foundation.admin_trail import TrailMixin
from foundation.errors import Refusal

if TYPE_CHECKING:
    # unfold has no types of its own; its ModelAdmin is Django's with another look.
    UnfoldModelAdmin = admin.ModelAdmin[Any]
    ReadOnlyBase = admin.ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as UnfoldModelAdmin

    ReadOnlyBase = object

logger = logging.getLogger(__name__)

Column = TypeVar("Column", bound=Callable[..., str])

FROM_ROW = "_from_row"
DASH = "—"
BROKEN = "overflow-wrap: anywhere"  # the theme's own classes have neither of these two
WRAPPED = f"white-space: pre-wrap; {BROKEN}"


class ToPage(HttpResponseRedirect):
    """The way to a page where an action goes on, rather than back to its row."""


# What the theme's and Django's own filters ask for.
FILTER_LOOKUPS = ("exact", "in", "isnull", "gt", "gte", "lt", "lte")


class ModelAdmin(TrailMixin, LabelMixin, UnfoldModelAdmin):
    """The base of all pages about a table.

    `search_fields` are lookups that an index serves (`id`, `buyer__email__startswith`); a field of ids finds
    whole ids only. Actions stand in the list and, for a single row, on its page. A list is sorted by what an index
    has in order, unless the table `has_few_rows`: one for each act of a person, say.
    """

    has_few_rows: ClassVar[bool] = False

    list_per_page = limits.PAGE_SIZE_MAX // 2
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = EstimatingPaginator
    warn_unsaved_form = True
    list_filter_submit = False
    change_form_outer_before_template = "admin/row_actions.html"
    list_after_template = "admin/list_export.html"

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Find rows by each lookup on its own: an OR over several tables would read them whole."""
        term = search_term.strip()
        if not term:
            return queryset, False
        hits: list[Any] = []
        for lookup in self.get_search_fields(request):
            sought = _sought(self.model, lookup, term)
            if sought is not None:
                found = queryset.filter(**{lookup: sought}).order_by().values_list("pk", flat=True)
                hits += found[: limits.ADMIN_SEARCH_HITS_MAX]
        return queryset.filter(pk__in=hits), False

    def get_sortable_by(self, request: HttpRequest) -> list[Any]:
        """The columns whose heads sort the list."""
        columns = [each for each in self.get_list_display(request) if isinstance(each, str)]
        if self.has_few_rows:
            return columns
        indexed = indexed_fields(self.model)
        return [
            each
            for each in columns
            if getattr(getattr(self, each, None), "admin_order_field", each) in indexed
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page offers as a filter: any other would tell by yes or no what a column it hides holds."""
        offered: set[str] = set()
        for each in self.get_list_filter(request):
            name = each if isinstance(each, str) else getattr(each, "parameter_name", None) or ""
            offered |= {name} | {f"{name}__{how}" for how in FILTER_LOOKUPS}
        return lookup in offered

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[CountedChangeList]:
        """Count once."""
        return CountedChangeList

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Offer the list's actions for this one row as well."""
        context = dict(extra_context or {})
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if row is not None and self.has_view_permission(request, row):
            context |= {"row_actions": self.row_actions(request, row), "from_row": FROM_ROW}
        return super().changeform_view(request, object_id, form_url, context)

    def row_actions(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Name and words of each action that this person may take on the row."""
        actions: Iterable[Any] = self.get_actions(request).values()
        return [(name, str(words)) for _, name, words in actions if name != "delete_selected"]

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Go back to the row's page, if the action was taken there."""
        response: HttpResponse | None = super().response_action(request, queryset, *args, **kwargs)
        chosen = request.POST.get(ACTION_CHECKBOX_NAME)
        is_elsewhere = not isinstance(response, HttpResponseRedirect) or isinstance(response, ToPage)
        if FROM_ROW in request.POST and chosen and not is_elsewhere:
            return HttpResponseRedirect(page_asked_from(request) or change_url(self.model, chosen))
        return response

    def act_on_each(
        self,
        request: HttpRequest,
        rows: models.QuerySet[Any],
        *,
        action: str,
        act: Callable[[Any], object],
    ) -> None:
        """Call a service for each chosen row; say how many it was done for, and each refusal."""
        chosen = list(rows[: limits.ADMIN_ACTION_ROWS_MAX])
        done = 0
        for row in chosen:
            try:
                act(row)
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal.detail}", messages.ERROR)
                facts = {"action": action, "table": self.opts.label_lower, "row": str(row.pk)}
                logger.info(
                    "admin.refused", extra={**facts, "code": refusal.code, "actor": str(request.user.pk)}
                )
            else:
                done += 1
        if done:
            self.message_user(
                request, f"{action[0].upper()}{action[1:]}: {done} of {len(chosen)}.", messages.SUCCESS
            )


class ReadOnlyMixin(ReadOnlyBase):
    """Rows that nobody adds, changes or deletes here, superusers included; a crafted POST is refused as well.

    Services may still act on them: such an action names the right that its service asks for, see `needs`.
    """

    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False


class ReadOnlyModelAdmin(ReadOnlyMixin, ModelAdmin):
    """The base of pages about rows that only services write."""


def page_asked_from(request: HttpRequest) -> str:
    """The page of the back office that a row's action was taken on; empty where that was the row's own."""
    page = request.POST.get(FROM_ROW, "")
    return page if page.startswith(reverse("admin:index")) else ""


def may(request: HttpRequest, verb: str, model: type[models.Model]) -> bool:
    """Whether the person was given the right to view, add, change or delete rows of this table."""
    return request.user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}")


def page_of(label: str) -> ModelAdmin:
    """The page of a table such as `payments.Purchase`; all are made on the base above."""
    return cast(ModelAdmin, admin.site.get_model_admin(apps.get_model(label)))


def sees(request: HttpRequest, label: str) -> bool:
    """Whether this person may open the page of a table; nobody sees a table that has none."""
    has_page = admin.site.is_registered(apps.get_model(label))
    return has_page and page_of(label).has_view_permission(request)


def needs(right: str) -> Callable[[Any, HttpRequest], bool]:
    """Make an action's `has_…_permission`: it is offered only to who holds this right.

    The service asks for it again, and has the last word.
    """
    return lambda _, request: request.user.has_perm(right)


def change_url(model: type[models.Model] | str, pk: object) -> str:
    """The address of a row's page; `model` is a class or a label such as `tokens.entry`."""
    label = model if isinstance(model, str) else model._meta.label_lower
    return reverse(f"admin:{label.lower().replace('.', '_')}_change", args=[quote(str(pk))])


def link(model: type[models.Model] | str, pk: object, words: object = None) -> str:
    """A link to a row's page, or a dash where there is no row."""
    if pk is None or pk == "":
        return DASH
    return format_html('<a class="underline" href="{}">{}</a>', change_url(model, pk), words or pk)


def customer_link(user_id: object, words: object = None) -> str:
    """A link to the page of all that is known of a customer, or a dash where there is none."""
    if user_id is None:
        return DASH
    url = reverse("admin:customer", args=[str(user_id)])
    return format_html('<a class="underline" href="{}">{}</a>', url, words or user_id)


def coloured(
    description: str, colours: Mapping[str, str] | None = None, *, ordering: str | None = None
) -> Callable[[Column], Column]:
    """Make a column of labels; `colours` gives each word info, primary, success, warning or danger."""
    decorate: Callable[[Column], Column] = display(
        description=description, ordering=ordering, label=colours or True
    )
    return decorate


def pretty(value: object) -> str:
    """JSON as people read it, cut where it is very long."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    shown = text[: limits.ADMIN_JSON_CHARACTERS_MAX]
    cut = "\n…" if len(text) > len(shown) else ""
    return format_html('<pre class="text-xs" style="{}">{}{}</pre>', WRAPPED, shown, cut)


def table(headers: Iterable[str], rows: Iterable[Iterable[object]]) -> dict[str, Any]:
    """What unfold's table component shows; ids are broken rather than cut off on a phone, words are not."""
    wrapped = [[_breaking_long_words(cell) for cell in row] for row in rows]
    return {"headers": list(headers), "rows": wrapped}


def _breaking_long_words(cell: object) -> object:
    longest = max((len(word) for word in strip_tags(str(cell)).split()), default=0)
    if longest <= limits.ADMIN_WORD_LENGTH_MAX:
        return cell
    return format_html('<span style="{}">{}</span>', BROKEN, cell)


def _sought(model: type[models.Model], lookup: str, term: str) -> str | None:
    """The term as the field that the lookup ends at would hold it; None if it could not."""
    field: Any = None
    options = model._meta
    for name in lookup.split(LOOKUP_SEP):
        try:
            field = options.pk if name == "pk" else options.get_field(name)
        except FieldDoesNotExist:
            break  # what is left says how to compare
        if field.related_model:
            options = field.related_model._meta
    if isinstance(field, models.UUIDField) and not _is_uuid(term):
        return None  # PostgreSQL would err
    return term.lower() if isinstance(field, models.EmailField) else term


def _is_uuid(term: str) -> bool:
    try:
        uuid.UUID(term)
    except ValueError:
        return False
    return True
