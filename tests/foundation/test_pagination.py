"""Pages of a list, by cursor."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.test import APIClient

from foundation import limits
from foundation.models import IdempotencyRecord
from foundation.pagination import CursorPagination

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class KeySerializer(serializers.ModelSerializer[IdempotencyRecord]):
    class Meta:
        model = IdempotencyRecord
        fields = ("key",)


class NewestFirst(CursorPagination):
    ordering = "-started_at"


class KeysView(generics.ListAPIView[IdempotencyRecord]):
    authentication_classes = ()
    permission_classes = ()
    serializer_class = KeySerializer
    pagination_class = NewestFirst
    queryset = IdempotencyRecord.objects.all()


urlpatterns = [path("api/keys", KeysView.as_view())]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def add(number: int) -> None:
    IdempotencyRecord.objects.create(
        owner="user:alice",
        key=str(number),
        request_hash=b"x",
        leased_until_at=NOON,
        started_at=NOON + timedelta(seconds=number),
    )


def get(address: str = "/api/keys") -> dict[str, Any]:
    answer = APIClient().get(address)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert set(body) == {"next", "previous", "results"}
    return body


def keys(page: dict[str, Any]) -> list[int]:
    return [int(row["key"]) for row in page["results"]]


def test_pages_follow_each_other_and_lead_back() -> None:
    for number in range(limits.PAGE_SIZE + 5):
        add(number)
    first = get()
    assert keys(first) == list(range(limits.PAGE_SIZE + 4, 4, -1))
    assert first["previous"] is None
    second = get(first["next"])
    assert keys(second) == [4, 3, 2, 1, 0]
    assert second["next"] is None
    assert keys(get(second["previous"])) == keys(first)


def test_a_row_added_at_the_top_moves_no_page() -> None:
    for number in range(limits.PAGE_SIZE + 1):
        add(number)
    first = get()
    add(limits.PAGE_SIZE + 1)
    assert keys(get(first["next"])) == [0]


@pytest.mark.parametrize(("asked", "given"), [("3", 3), ("100000", limits.PAGE_SIZE_MAX)])
def test_the_page_size_is_bounded(asked: str, given: int) -> None:
    for number in range(limits.PAGE_SIZE_MAX + 1):
        add(number)
    assert len(get(f"/api/keys?page_size={asked}")["results"]) == given


@pytest.mark.parametrize("asked", ["0", "-1", "x", "1" * 40])
def test_a_page_size_that_is_no_number_of_rows_is_refused(asked: str) -> None:
    answer = APIClient().get(f"/api/keys?page_size={asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_page_size")


@pytest.mark.parametrize("cursor", ["nonsense", "bz1hYmM=", "%FF", "x" * 10_000], ids=range(4))
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    answer = APIClient().get(f"/api/keys?cursor={cursor}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_cursor"


def test_a_cursor_keeps_the_page_size() -> None:
    for number in range(10):
        add(number)
    following = get("/api/keys?page_size=4")["next"]
    assert parse_qs(urlsplit(following).query)["page_size"] == ["4"]
