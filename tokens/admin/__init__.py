"""What staff see of the bank."""

from tokens.admin.entries import EntryAdmin
from tokens.admin.freezes import FreezeAdmin
from tokens.admin.lots import HoldAdmin, LotAdmin
from tokens.admin.wallets import WalletAdmin

__all__ = ["EntryAdmin", "FreezeAdmin", "HoldAdmin", "LotAdmin", "WalletAdmin"]
