"""What is logged or reported holds no secret, no card and no full e-mail address."""

import json
from typing import Any

import pytest

from config.redaction import HIDDEN, redact, redact_text

SECRETS = [
    "sk_live_" + "a1B2" * 8,
    "rk_test_" + "a1B2" * 8,
    "whsec_" + "a1B2" * 8,
    "4242424242424242",
    "4242 4242 4242 4242",
    "5555-5555-5555-4444",
    "378282246310005",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_and_cards_are_hidden_wherever_they_stand(secret: str) -> None:
    assert secret not in redact_text(f"It failed with {secret}: try again")
    assert secret not in json.dumps(redact({"outer": [{"inner": f"x={secret};"}, (secret,)]}))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abc.def-123456", "abc.def-123456"),
        ("Api-Key tok_1234567", "tok_1234567"),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.", "eyJzdWIiOiJhbGljZSJ9"),
        ("postgresql://app:hush@db/tokens", "hush"),
        ("redis://:hush@redis/0", "hush"),
        ("GET /accounts/password/reset/key/3-hush/", "3-hush"),
        ("GET /accounts/confirm-email/hush/", "hush"),
    ],
)
def test_credentials_in_texts_are_hidden(text: str, hidden: str) -> None:
    assert hidden not in redact_text(text)


def test_of_an_address_the_first_letter_and_the_domain_stay() -> None:
    assert redact_text("alice.b+c@mail.example.com signed in") == "a…@mail.example.com signed in"


@pytest.mark.parametrize(
    "text",
    [
        "0197f3a1-7b2c-7def-8123-456789abcdef",
        "2026-03-01T12:00:00.123456Z",
        "cs_test_a1B2c3D4",
        "1234567890123456",
        "evt_1Abc 250 tokens for 1499 cents",
    ],
)
def test_ids_times_and_amounts_stay_readable(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "name", ["password", "STRIPE_SECRET_KEY", "Authorization", "cookie", "api_key", "card_number", "token"]
)
def test_members_with_telling_names_are_hidden(name: str) -> None:
    assert redact({name: "hush"}) == {name: HIDDEN}


def test_numbers_under_telling_names_stay() -> None:
    assert redact({"tokens": 250, "token": 3, "bonus_tokens": "50"}) == {
        "tokens": 250,
        "token": 3,
        "bonus_tokens": "50",
    }


def test_names_that_are_no_texts_are_left() -> None:
    assert redact({7: "seven", None: "none"}) == {7: "seven", None: "none"}


def test_what_is_nested_without_end_is_hidden_at_last() -> None:
    nested: dict[str, Any] = {}
    nested["again"] = nested
    assert HIDDEN in json.dumps(redact(nested))
