"""The bank's tables."""

from tokens.models.corrections import Correction
from tokens.models.freeze import Freeze, FreezeReason
from tokens.models.holds import Hold, HoldLot
from tokens.models.ledger import Account, Entry, Posting, Wallet
from tokens.models.lots import Lot, LotUse
from tokens.models.notes import Note
from tokens.models.package import Package

__all__ = [
    "Account",
    "Correction",
    "Entry",
    "Freeze",
    "FreezeReason",
    "Hold",
    "HoldLot",
    "Lot",
    "LotUse",
    "Note",
    "Package",
    "Posting",
    "Wallet",
]
