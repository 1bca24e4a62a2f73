"""How pages write money, tokens and waiting."""

from types import SimpleNamespace

import pytest

from tokens.pages import tags
from tokens.queries.prices import UnitPrice, best_value


@pytest.mark.parametrize(
    ("cents", "currency", "written"),
    [
        (1499, "usd", "$14.99"),
        (5, "eur", "€0.05"),
        (0, "gbp", "£0.00"),
        (123456789, "usd", "$1,234,567.89"),
        (1499, "chf", "14.99 CHF"),
        (1499, "jpy", "1,499 JPY"),
        (-250, "usd", "\N{MINUS SIGN}$2.50"),
    ],
)
def test_money_is_written_in_its_currency(cents, currency, written):
    assert tags.money(cents, currency) == written


@pytest.mark.parametrize(
    ("cents", "tokens", "currency", "written"),
    [
        (499, 50, "usd", "$0.100"),
        (1499, 250, "usd", "$0.060"),
        (1, 8, "usd", "$0.001"),
        (150, 1, "usd", "$1.500"),
        (1500, 1000, "jpy", "1.500 JPY"),
        (1, 2000, "jpy", "0.001 JPY"),
    ],
)
def test_the_price_of_one_token_is_rounded_to_a_tenth_of_a_cent(cents, tokens, currency, written):
    assert tags.unit_price(UnitPrice(cents, tokens, currency)) == written
    assert (
        tags.per_token(SimpleNamespace(price_cents=cents, total_tokens=tokens, currency=currency)) == written
    )


@pytest.mark.parametrize(("number", "written"), [(0, "0 tokens"), (1, "1 token"), (1250, "1,250 tokens")])
def test_tokens_have_their_noun(number, written):
    assert tags.tokens(number) == written


@pytest.mark.parametrize(("number", "written"), [(250, "+250"), (-1250, "\N{MINUS SIGN}1,250")])
def test_movements_have_their_sign(number, written):
    assert tags.signed(number) == written


@pytest.mark.parametrize(
    ("tokens", "cents"), [(0, 0), (1, 10), (5, 50), (50, 499), (-50, 499), (10**12, 9_980_000_000_000)]
)
def test_worth_is_whole_cents_with_halves_rounded_up(tokens, cents):
    assert UnitPrice(499, 50, "usd").of(tokens) == cents


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (1, "a minute"),
        (60, "a minute"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (3601, "2 hours"),
        (86400, "24 hours"),
    ],
)
def test_waiting_is_told_in_words_and_never_too_short(seconds, written):
    assert tags.wait(seconds) == written


def package(code, cents, tokens):
    return SimpleNamespace(code=code, price_cents=cents, total_tokens=tokens)


def test_the_best_value_is_the_one_cheapest_token_and_nothing_if_that_is_no_choice():
    assert best_value([package("a", 499, 50), package("b", 1499, 250)]) == "b"
    assert best_value([package("a", 499, 50)]) == ""
    assert best_value([]) == ""
    assert best_value([package("a", 100, 10), package("b", 200, 20), package("c", 500, 40)]) == ""


@pytest.mark.parametrize(("number", "written"), [(0, "0"), (1250, "+1,250"), (-1250, "\N{MINUS SIGN}1,250")])
def test_a_change_has_its_sign_and_nothing_has_none(number: int, written: str):
    assert tags.signed(number) == written
