"""What a person types on the pay page, checked field by field."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.stripe.cards import CARDS, find_card, spaced
from sandbox.stripe.checkout import Payer
from sandbox.stripe.kinds import StripeObject

COUNTRIES = {
    "AU": "Australia",
    "AT": "Austria",
    "BR": "Brazil",
    "CA": "Canada",
    "FR": "France",
    "DE": "Germany",
    "IN": "India",
    "JP": "Japan",
    "NG": "Nigeria",
    "CH": "Switzerland",
    "GB": "United Kingdom",
    "US": "United States",
}
_FIELDS = ("email", "card", "expiry", "cvc", "name", "country")
_EXPIRY = re.compile(r"(\d{1,2})\s*[/-]?\s*(?:20)?(\d{2})\Z")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_CVC = re.compile(r"\d{3,4}\Z")
TEXT_LENGTH_MAX = 200


def email_of(session: StripeObject) -> str:
    """Return the buyer's e-mail when the shop told it, else nothing."""
    details = session["customer_details"] or {}
    return details.get("email") or ""


@dataclass(frozen=True)
class PayForm:
    """The fields as typed."""

    email: str = ""
    card: str = ""
    expiry: str = ""
    cvc: str = ""
    name: str = ""
    country: str = "US"

    @classmethod
    def for_session(cls, session: StripeObject) -> "PayForm":
        """Return an empty form that knows the buyer's e-mail when the shop told it."""
        return cls(email=email_of(session))

    @classmethod
    def typed(cls, values: dict[str, str], session: StripeObject) -> "PayForm":
        """Return the form as it was sent; an e-mail that the shop has set cannot be changed."""
        texts = {name: str(values.get(name, "")).strip()[:TEXT_LENGTH_MAX] for name in _FIELDS}
        fixed = email_of(session)
        return cls(**(texts | {"email": fixed or texts["email"], "country": texts["country"] or "US"}))

    def filled_with(self, number: str, now: int) -> "PayForm":
        """Return the form with a test card filled in, and what else is missing made up."""
        year = datetime.fromtimestamp(now, tz=UTC).year + 3
        return PayForm(
            email=self.email or "buyer@example.com",
            card=spaced(number),
            expiry=f"12 / {year % 100:02d}",
            cvc="1234" if CARDS[number].brand == "amex" else "123",
            name=self.name or "Alice Buyer",
            country=self.country,
        )

    def check(self, now: int) -> tuple[Payer | None, dict[str, str]]:
        """Return who pays with what, or what is wrong by field."""
        card = find_card(self.card)
        month, year = self._expiry()
        complaints = {
            "email": None if EMAIL.match(self.email) else "Enter an e-mail address.",
            "card": None if card else "Only the test cards work here. Never type a real card.",
            "expiry": _expiry_complaint(month, year, datetime.fromtimestamp(now, tz=UTC)),
            "cvc": None if _CVC.match(self.cvc) else "Enter 3 or 4 digits.",
            "name": None if self.name else "Enter the name on the card.",
            "country": None if self.country in COUNTRIES else "Choose a country.",
        }
        wrong = {name: text for name, text in complaints.items() if text}
        if wrong or card is None:
            return None, wrong
        return Payer(card, month, year, self.email, self.name, self.country), {}

    def _expiry(self) -> tuple[int, int]:
        match = _EXPIRY.match(self.expiry)
        return (int(match[1]), 2000 + int(match[2])) if match else (0, 0)


def _expiry_complaint(month: int, year: int, today: datetime) -> str | None:
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        return "Enter month and year, as in 12 / 34."
    return "This date is in the past." if (year, month) < (today.year, today.month) else None
