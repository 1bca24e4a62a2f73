"""What a person types on the pay page, checked field by field."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.stripe.cards import CARDS, find_card
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
_TEXT_LENGTH_MAX = 200


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
        details = session["customer_details"] or {}
        return cls(email=details.get("email") or "")

    @classmethod
    def typed(cls, values: dict[str, str], session: StripeObject) -> "PayForm":
        """Return the form as it was sent; an e-mail that the shop has set cannot be changed."""
        texts = {name: str(values.get(name, "")).strip()[:_TEXT_LENGTH_MAX] for name in _FIELDS}
        fixed = cls.for_session(session).email
        return cls(**(texts | {"email": fixed or texts["email"], "country": texts["country"] or "US"}))

    def filled_with(self, number: str, now: int) -> "PayForm":
        """Return the form with a test card filled in, and what else is missing made up."""
        year = datetime.fromtimestamp(now, tz=UTC).year + 3
        return PayForm(
            email=self.email or "buyer@example.com",
            card=number,
            expiry=f"12 / {year % 100:02d}",
            cvc="1234" if CARDS[number].brand == "amex" else "123",
            name=self.name or "Alice Buyer",
            country=self.country,
        )

    def check(self, now: int) -> tuple[Payer | None, dict[str, str]]:
        """Return who pays with what, or what is wrong by field."""
        wrong: dict[str, str] = {}
        if not re.match(r"[^@\s]+@[^@\s]+\Z", self.email):
            wrong["email"] = "Enter an e-mail address."
        card = find_card(self.card)
        if card is None:
            wrong["card"] = "Only the test cards work here. Never type a real card."
        expiry = _EXPIRY.match(self.expiry)
        month, year = (int(expiry[1]), 2000 + int(expiry[2])) if expiry else (0, 0)
        today = datetime.fromtimestamp(now, tz=UTC)
        if not 1 <= month <= 12:  # noqa: PLR2004 - months
            wrong["expiry"] = "Enter month and year, as in 12 / 34."
        elif (year, month) < (today.year, today.month):
            wrong["expiry"] = "This date is in the past."
        if not re.match(r"\d{3,4}\Z", self.cvc):
            wrong["cvc"] = "Enter 3 or 4 digits."
        if not self.name:
            wrong["name"] = "Enter the name on the card."
        if self.country not in COUNTRIES:
            wrong["country"] = "Choose a country."
        if wrong or card is None:
            return None, wrong
        return Payer(card, month, year, self.email, self.name, self.country), {}
