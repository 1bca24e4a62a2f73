"""Lists of millions: what is offered is indexed, totals say when they are estimates, and far pages open."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection, models
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from foundation import limits
from foundation.admin import ModelAdmin
from tests.admin.rows import NOW, alert, person
from tests.admin.test_who_gets_in import REGISTERED, url
from tests.support.database import as_owner

LONG = [label for label in REGISTERED if not label.startswith("djstripe.")]
# Nearly every row is such a one, so that the list's own order serves the filter.
COMMON = {
    "is_active__exact=1",
    "is_staff__exact=0",
    "is_superuser__exact=0",
    "status__exact=active",  # wallets
    "reversal__exact=none",
    "is_mistake__isnull=True",
    "settled_at__isnull=True",
    "state=due",
    "attention=stuck",  # a handful: several partial indexes together
    "status__exact=processed",  # the inbox's
}


def page_of(label: str) -> Any:
    page = admin.site.get_model_admin(apps.get_model(label))
    return page if isinstance(page, ModelAdmin) and not page.has_few_rows else None


@pytest.mark.django_db
@pytest.mark.parametrize("label", LONG)
def test_each_search_is_served_by_an_index(label: str, rf: RequestFactory) -> None:
    page = page_of(label)
    if page is None:
        return
    request = rf.get("/")
    for lookup in page.get_search_fields(request):
        term = "ab" if lookup.endswith("__startswith") else "019537e4-a7e0-7000-8000-000000000000"
        rows = page.model.objects.filter(**{lookup: term}).order_by().values_list("pk")
        assert not whole_reads(rows), (lookup, whole_reads(rows))


@pytest.mark.django_db
@pytest.mark.parametrize("label", LONG)
def test_each_filter_and_the_order_are_served_by_an_index(label: str, rf: RequestFactory, db: None) -> None:
    page, carol = page_of(label), person("carol", is_staff=True, is_superuser=True)

    def listed(query: str) -> Any:
        request = rf.get(f"/{query}")
        request.user = carol
        return page.get_changelist_instance(request)

    if page is None:
        return
    ordered = listed("").queryset.values_list("pk")[:50]
    assert not nodes(ordered, {"Seq Scan", "Sort"}), label
    for query in offered(listed("")):
        if query.removeprefix("?") not in COMMON:
            found = listed(query).queryset.order_by().values_list("pk")
            assert not whole_reads(found), (label, query, whole_reads(found))


@pytest.mark.django_db
def test_a_short_list_is_counted_and_a_long_one_estimated(
    superuser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        alert(str(number))
    listed = superuser.get(url("security.Alert", "changelist"))
    assert listed.context["cl"].result_count == 5
    assert "5 alerts" in text_of(listed)

    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE security_alert")
    monkeypatch.setattr(limits, "ADMIN_ROWS_COUNTED_MAX", 3)
    listed = superuser.get(url("security.Alert", "changelist"))
    assert listed.context["cl"].result_count == 5
    assert "About 5 alerts, by estimate" in text_of(listed)
    assert "behind the last page" not in text_of(listed)


@pytest.mark.django_db
def test_the_last_page_opens_and_none_behind_it(superuser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        alert(str(number), now=NOW)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE security_alert")
    monkeypatch.setattr(limits, "ADMIN_ROWS_COUNTED_MAX", 3)
    monkeypatch.setattr(limits, "ADMIN_PAGES_MAX", 3)
    monkeypatch.setattr(admin.site.get_model_admin(apps.get_model("security.Alert")), "list_per_page", 2)
    seen = []
    for number in (1, 2, 3):
        with CaptureQueriesContext(connection) as asked:
            listed = superuser.get(url("security.Alert", "changelist"), {"p": number})
        assert any("OFFSET" in each["sql"] for each in asked.captured_queries) == (number > 1)
        seen += [row.dedup_key for row in listed.context["cl"].result_list]
    assert seen == [str(number) for number in range(6, 0, -1)]
    last = superuser.get(url("security.Alert", "changelist"), {"p": 3})
    assert "search or filter for those behind the last page" in text_of(last)
    beyond = superuser.get(url("security.Alert", "changelist"), {"p": 4})
    assert beyond.status_code == 302


@pytest.mark.django_db
def test_a_list_is_sorted_by_what_an_index_has_in_order(superuser: Client) -> None:
    person("alice")
    page = superuser.get(url("tokens.Wallet", "changelist"))
    assert page.context["cl"].sortable_by == []
    purchases = superuser.get(url("payments.Purchase", "changelist")).context["cl"]
    assert list(purchases.sortable_by) == ["id", "buyer", "state", "started_at"]
    packages = superuser.get(url("tokens.Package", "changelist")).context["cl"]
    assert set(packages.sortable_by) == set(packages.list_display) - {"action_checkbox"}


def offered(shown: Any) -> Iterator[str]:
    """The address of each choice that the list's filters offer, but for "all"."""
    for spec in shown.filter_specs:
        for choice in list(spec.choices(shown))[1:]:
            yield choice["query_string"]


def whole_reads(rows: models.QuerySet[Any]) -> list[Any]:
    """What of the plan reads a whole table: no index, or an index of all rows without a condition."""
    reads = nodes(rows, {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"})
    return [node for node in reads if not (node.get("Index Cond") or is_partial(node.get("Index Name")))]


def nodes(rows: models.QuerySet[Any], kinds: set[str]) -> list[Any]:
    """The nodes of these kinds in the plan that is made when tables need not be read in the order of their pages."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "sort", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    (plan,) = json.loads(rows.explain(format="json"))
    return [node for node in walk(plan["Plan"]) if node["Node Type"] in kinds]


def walk(node: Any) -> Iterator[Any]:
    yield node
    for inner in node.get("Plans", ()):
        yield from walk(inner)


def is_partial(index: str | None) -> bool:
    if index is None:  # it is none: the table itself is read
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT indpred IS NOT NULL FROM pg_index WHERE indexrelid = %s::regclass", (index,))
        return bool(cursor.fetchone()[0])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())
