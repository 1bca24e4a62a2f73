"""What callers see of idempotency keys."""

from typing import Any

import pytest
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from foundation.errors import Refusal
from foundation.idempotent_posts import answer_once
from foundation.ids import new_id
from foundation.services.idempotency import Answer


class TooPoor(Refusal):
    code = "too_poor"
    status = 402


class GiveView(APIView):
    """Answers with what was asked and a new id each time; refuses zero."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request, caller: str) -> Response:
        return answer_once(request, owner=caller, now=timezone.now(), work=lambda: self._give(request))

    def _give(self, request: Request) -> Answer:
        asked = dict(request.data)
        if not asked.get("amount"):
            raise TooPoor
        return Answer(201, {"id": new_id(), "at": timezone.now(), **asked})


urlpatterns = [path("api/<caller>/give", GiveView.as_view())]
pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


def give(body: dict[str, Any], key: str | None = "k1", caller: str = "alice") -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return APIClient().post(f"/api/{caller}/give", body, "json", headers=headers)


def test_a_repetition_is_answered_the_same_and_says_so() -> None:
    first, again = give({"amount": 1, "note": "x"}), give({"note": "x", "amount": 1})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"


def test_another_body_with_the_same_key_conflicts() -> None:
    give({"amount": 1})
    answer = give({"amount": 2})
    assert answer.status_code == 409
    assert answer.json()["code"] == "idempotency_key_reused"


def test_another_caller_may_use_the_same_key() -> None:
    first, second = give({"amount": 1}), give({"amount": 1}, caller="bob")
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize("key", [None, "", "   "])
def test_without_a_key_nothing_is_done(key: str | None) -> None:
    answer = give({"amount": 1}, key=key)
    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"


def test_a_refusal_is_not_kept() -> None:
    assert give({"amount": 0}).json()["code"] == "too_poor"
    answer = give({"amount": 1})
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer


def test_malformed_json_uses_no_key_up() -> None:
    malformed = APIClient().post(
        "/api/alice/give", b"{", content_type="application/json", headers={"Idempotency-Key": "k1"}
    )
    assert malformed.json()["code"] == "malformed_request"
    assert give({"amount": 1}).status_code == 201
