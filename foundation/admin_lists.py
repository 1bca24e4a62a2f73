"""Long lists: totals that are estimated where counting would take long, far pages, filters that read no table whole."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from foundation import limits

if TYPE_CHECKING:
    # unfold has no types of its own; its list is Django's with another look.
    AnyPaginator = Paginator[Any]
    AnyPage = Page[Any]
    from django.contrib.admin.views.main import ChangeList as UnfoldChangeList
else:
    from unfold.views import ChangeList as UnfoldChangeList

    AnyPaginator = Paginator
    AnyPage = Page

Choices = Iterable[tuple[str, str]]


class EstimatingPaginator(AnyPaginator):
    """Counts to a bound and has the planner estimate beyond it; reads a page by its keys, which an index holds.

    The last page is `ADMIN_PAGES_MAX`: whoever looks for rows further down filters by time, or searches.
    """

    template_name = "admin/pagination.html"

    @cached_property
    def counted(self) -> int:
        """How many rows there are, or one more than the bound of what is counted."""
        rows = self.object_list
        bound = limits.ADMIN_ROWS_COUNTED_MAX + 1
        return rows.order_by()[:bound].count() if isinstance(rows, models.QuerySet) else len(rows)

    @cached_property
    def count(self) -> int:
        """How many rows there are; beyond the bound what the planner expects, from its statistics."""
        return max(self.counted, planned_rows(self.object_list)) if self.is_estimate else self.counted

    @property
    def is_estimate(self) -> bool:
        """Whether `count` is no count."""
        return self.counted > limits.ADMIN_ROWS_COUNTED_MAX

    @cached_property
    def num_pages(self) -> int:
        """How many pages can be opened."""
        return min(super().num_pages, limits.ADMIN_PAGES_MAX)

    @property
    def is_cut(self) -> bool:
        """Whether there are rows behind the last page."""
        return self.count > self.num_pages * self.per_page

    def page(self, number: int | str) -> AnyPage:
        """Find the page's keys in the index that has the order, then read these rows."""
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return super().page(number)
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        keys = rows.select_related(None).values_list("pk", flat=True)[first : first + self.per_page]
        return AnyPage(rows.filter(pk__in=list(keys)), number, self)


class CountedChangeList(UnfoldChangeList):
    """A list that says at its foot how many rows there are, and nowhere else."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page's rows."""
        super().get_results(request)
        self.full_result_count = self.result_count


def list_url(label: str, **filters: object) -> str:
    """The address of the list of a table such as `tokens.Entry`, with these filters."""
    asked = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in filters.items()
    }
    query = f"?{urlencode(asked)}" if asked else ""
    return reverse(f"admin:{label.lower().replace('.', '_')}_changelist") + query


def planned_rows(rows: Any) -> int:
    """How many rows the planner expects."""
    (plan,) = json.loads(rows.order_by().explain(format="json"))
    return int(plan["Plan"]["Plan Rows"])


def one_of(field: str, choices: Callable[[], Choices], *, title: str = "") -> type[admin.SimpleListFilter]:
    """A filter by the values that a field can have. Django's own reads the whole table to find them.

    :param choices: gives each value with its words, when the list is shown
    """

    class OneOf(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, _request: HttpRequest, _page: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
            return list(choices())

        def queryset(self, _request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
            return rows if self.value() is None else rows.filter(**{field: self.value()})

    OneOf.title = title or field.replace("_", " ")
    return OneOf


def indexed_fields(model: type[models.Model]) -> set[str]:
    """The fields by which an index of the whole table has the rows in order."""
    options = model._meta
    by_field = {
        field.name for field in options.local_fields if field.unique or getattr(field, "db_index", False)
    }
    lists: list[models.Index | models.UniqueConstraint] = list(options.indexes)
    lists += [each for each in options.constraints if isinstance(each, models.UniqueConstraint)]
    return by_field | {each.fields[0].lstrip("-") for each in lists if each.fields and not each.condition}
