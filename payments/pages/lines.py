"""Lines of a wallet's history with what they were in money."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from payments.models import Purchase
from payments.queries import purchases
from tokens.kinds import EntryType
from tokens.queries import entries, prices

if TYPE_CHECKING:
    from tokens.models import Posting


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history: the posting, what it was in words, and the purchase that it belongs to."""

    posting: "Posting"
    words: str
    purchase: Purchase | None

    @property
    def is_paid(self) -> bool:
        """Whether this is the purchase itself, and no part of it that went back."""
        return self.purchase is not None and self.posting.entry.type == EntryType.PURCHASE

    @property
    def price(self) -> prices.UnitPrice | None:
        """What a token of its purchase cost, bonus included: tokens go back at the price they were bought at."""
        bought = self.purchase
        return prices.UnitPrice(bought.price_cents, bought.total_tokens, bought.currency) if bought else None


def lines_of(owner_id: uuid.UUID, postings: "Sequence[Posting]") -> list[Line]:
    """The customer's postings as lines, in their order."""
    bought = purchases.purchases_of(owner_id).in_bulk(
        [it.entry.purchase_id for it in postings if it.entry.purchase_id]
    )
    return [Line(it, entries.describe(it), bought.get(it.entry.purchase_id)) for it in postings]
