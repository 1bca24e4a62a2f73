"""Holds of services: placed, captured or released once, or past their end."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from tests.api.asking import about
from tokens.models import Entry, Hold
from tokens.queries.wallets import wallet_of

pytestmark = pytest.mark.usefixtures("books")


def test_a_hold_is_placed_captured_in_part_and_resolved_once(alice, ask, credit, refused):
    credit(alice, 100)
    held = ask("holds", about(alice, 60, expires_in=600, reference="job-8")).json()
    assert (held["status"], held["amount"], held["captured"], held["reference"]) == (
        "placed",
        60,
        None,
        "job-8",
    )
    assert (wallet_of(alice.id).held, wallet_of(alice.id).available) == (60, 40)
    refused(402, "insufficient_tokens", lambda: ask("spend", about(alice, 41)))

    captured = ask(f"holds/{held['id']}/capture", {"amount": 45}, key="c").json()

    assert (captured["status"], captured["captured"]) == ("captured", 45)
    assert (wallet_of(alice.id).balance, wallet_of(alice.id).held) == (55, 0)
    entry = Entry.objects.get(id=captured["entry"])
    assert (entry.type, entry.note.reason) == ("spend", "Rendered 5 images")
    again = ask(f"holds/{held['id']}/capture", {"amount": 45}, key="c")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (captured, "true")
    for verb in ("capture", "release"):
        refused(409, "hold_already_captured", lambda verb=verb: ask(f"holds/{held['id']}/{verb}"))


def test_a_capture_whose_answer_was_lost_is_not_done_twice(alice, ask, credit, forget):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60)).json()["id"]
    first = ask(f"holds/{hold}/capture", key="c").json()
    forget()
    assert ask(f"holds/{hold}/capture", key="c").json() == first
    forget()
    assert ask(f"holds/{hold}/capture", {"amount": 5}, key="c").json()["code"] == "hold_already_captured"


def test_a_released_hold_gives_all_back(alice, ask, credit, refused, forget):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60)).json()["id"]
    released = ask(f"holds/{hold}/release", key="r").json()
    assert (released["status"], wallet_of(alice.id).held, wallet_of(alice.id).balance) == ("released", 0, 100)
    forget()
    assert ask(f"holds/{hold}/release", key="r").json() == released
    for verb in ("capture", "release"):
        refused(409, "hold_already_released", lambda verb=verb: ask(f"holds/{hold}/{verb}"))


def test_a_hold_past_its_end_is_over_even_before_the_sweep(alice, ask, credit, refused, balance):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60, expires_in=60)).json()["id"]
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert (balance(alice)["available"], balance(alice)["held"]) == (100, 0)
        for verb in ("capture", "release"):
            refused(409, "hold_expired", lambda verb=verb: ask(f"holds/{hold}/{verb}"))
        assert ask("spend", about(alice, 100)).status_code == 201
    assert Hold.objects.get().status == "expired"
    refused(409, "hold_expired", lambda: ask(f"holds/{hold}/release"))


def test_no_more_is_captured_than_is_held(alice, ask, credit, refused):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60)).json()["id"]
    answer = refused(409, "capture_exceeds_hold", lambda: ask(f"holds/{hold}/capture", {"amount": 61}))
    assert (answer.json()["held"], answer.json()["required"]) == (60, 61)


def test_another_services_hold_is_no_hold(alice, ask, client, key_of, credit, refused):
    credit(alice, 100)
    hold = ask("holds", about(alice, 60)).json()["id"]
    headers = {**key_of("billing"), "Idempotency-Key": "k"}
    for verb in ("capture", "release"):
        refused(
            404,
            "hold_not_found",
            lambda verb=verb: client.post(
                f"/api/tokens/holds/{hold}/{verb}", {}, content_type="application/json", headers=headers
            ),
        )
    refused(404, "hold_not_found", lambda: ask(f"holds/{uuid4()}/capture"))
