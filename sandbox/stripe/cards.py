"""The test cards: Stripe's own numbers, what they are and how they fare. No other number is accepted."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Decline:
    """Why a bank said no, in Stripe's words."""

    code: str
    decline_code: str | None
    message: str
    seller_message: str = "The bank did not return any further details with this decline."
    network_decline_code: str | None = "05"
    advice_code: str | None = "try_again_later"


class RefundFate(StrEnum):
    """What becomes of refunds to a card."""

    SUCCEEDS = "succeeds"
    WAITS = "waits"  # pending, until the bank has had its days
    FAILS = "fails"  # after it had succeeded, when the bank has had its days


@dataclass(frozen=True)
class Card:
    """A card number and its fate. `dispute` is the reason that its owner gives the bank right after the payment."""

    number: str
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    dispute: str | None = None
    is_inquiry: bool = False
    is_warned: bool = False
    refund_fate: RefundFate = RefundFate.SUCCEEDS


_GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
_POOR = Decline(
    "card_declined",
    "insufficient_funds",
    "Your card has insufficient funds.",
    "The bank returned the decline code `insufficient_funds`.",
    "51",
)
_LOST = Decline(
    "card_declined",
    "lost_card",
    "Your card was declined.",
    "The bank returned the decline code `lost_card`.",
    "41",
    "do_not_try_again",
)
_EXPIRED = Decline(
    "expired_card",
    None,
    "Your card has expired.",
    "The bank returned the decline code `expired_card`.",
    "54",
    "do_not_try_again",
)
_WRONG_CVC = Decline(
    "incorrect_cvc",
    None,
    "Your card's security code is incorrect.",
    "The bank returned the decline code `incorrect_cvc`.",
    "N7",
    "confirm_card_data",
)
_TROUBLE = Decline(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
    "The bank returned the decline code `processing_error`.",
    "96",
)

_CARDS = (
    Card("4242424242424242"),
    Card("4000056655665556", funding="debit"),
    Card("5555555555554444", brand="mastercard"),
    Card("378282246310005", brand="amex"),
    Card("4000002760000016", country="DE"),
    Card("4000000000000002", decline=_GENERIC),
    Card("4000000000009995", decline=_POOR),
    Card("4000000000009987", decline=_LOST),
    Card("4000000000000069", decline=_EXPIRED),
    Card("4000000000000127", decline=_WRONG_CVC),
    Card("4000000000000119", decline=_TROUBLE),
    # https://docs.stripe.com/testing#disputes
    Card("4000000000000259", dispute="fraudulent"),
    Card("4000000000002685", dispute="product_not_received"),
    Card("4000000000001976", dispute="fraudulent", is_inquiry=True),
    Card("4000000000005423", is_warned=True),
    # https://docs.stripe.com/testing#refunds
    Card("4000000000007726", refund_fate=RefundFate.WAITS),
    Card("4000000000005126", refund_fate=RefundFate.FAILS),
)
CARDS = {card.number: card for card in _CARDS}
PAYING_NUMBER = "4242424242424242"
DECLINED_NUMBER = "4000000000000002"
DISPUTED_NUMBER = "4000000000000259"


def find_card(typed: str) -> Card | None:
    """Return the test card with this number, blanks and dashes ignored."""
    return CARDS.get("".join(typed.split()).replace("-", ""))


def fingerprint(number: str) -> str:
    """Return what tells that two payments came from one card: the same for the same number, always."""
    return hashlib.sha256(f"sandbox card {number}".encode()).hexdigest()[:16]


def spaced(number: str) -> str:
    """Return the number in groups of four, as it is printed on the card."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
