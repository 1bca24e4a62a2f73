"""The bank's tables."""

from tokens.models.freeze import Freeze, FreezeReason
from tokens.models.ledger import Account, Entry, Posting, Wallet
from tokens.models.package import Package

__all__ = ["Account", "Entry", "Freeze", "FreezeReason", "Package", "Posting", "Wallet"]
