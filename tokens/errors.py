"""Every way the bank says no."""

from foundation.errors import Refusal


class PackageNotFound(Refusal):
    """No package has this code."""

    code = "package_not_found"
    status = 404
    title = "There is no such package."


class PackageNotOnSale(Refusal):
    """The package exists and was retired."""

    code = "package_not_on_sale"
    status = 409
    title = "This package is not on sale."


class InvalidPackage(Refusal):
    """The terms of a package make no sense."""

    code = "invalid_package"
    status = 400
    title = "These are not the terms of a package."


class WalletNotFound(Refusal):
    """No wallet belongs to this account or owner."""

    code = "wallet_not_found"
    status = 404
    title = "There is no such wallet."


class AccountFrozen(Refusal):
    """The wallet is frozen: credits pass, nothing can be bought or spent."""

    code = "account_frozen"
    status = 403
    title = "This account is paused: buying and spending tokens waits until we have finished checking it."


class FreezeNotFound(Refusal):
    """No freeze has this id."""

    code = "freeze_not_found"
    status = 404
    title = "There is no such freeze."


class FreezeLifted(Refusal):
    """A freeze is lifted once."""

    code = "freeze_lifted"
    status = 409
    title = "This freeze was lifted before."


class InsufficientTokens(Refusal):
    """The wallet has not so many tokens to spend. Members: `available` and `required`, whole tokens."""

    code = "insufficient_tokens"
    status = 402
    title = "There are not enough tokens in the wallet."


class ReferenceReused(Refusal):
    """Another entry with another content already has this reference."""

    code = "reference_reused"
    status = 409
    title = "This reference was already used for another entry."


class HoldNotFound(Refusal):
    """The caller has placed no hold with this id."""

    code = "hold_not_found"
    status = 404
    title = "There is no such hold."


class HoldAlreadyCaptured(Refusal):
    """The hold was captured, by this call's forerunner or another's."""

    code = "hold_already_captured"
    status = 409
    title = "This hold was already captured."


class HoldAlreadyReleased(Refusal):
    """The hold was released."""

    code = "hold_already_released"
    status = 409
    title = "This hold was already released."


class HoldExpired(Refusal):
    """The hold is past its end, and its tokens are free again."""

    code = "hold_expired"
    status = 409
    title = "This hold has expired."


class CaptureExceedsHold(Refusal):
    """More was to be captured than is held. Members: `held` and `required`, whole tokens."""

    code = "capture_exceeds_hold"
    status = 409
    title = "The hold is of fewer tokens than this."


class PurchaseNotCredited(Refusal):
    """The purchase brought no tokens yet that could be reversed."""

    code = "purchase_not_credited"
    status = 409
    title = "This purchase was not credited."


class EntryNotFound(Refusal):
    """No entry has this id."""

    code = "entry_not_found"
    status = 404
    title = "There is no such entry."


class EntryReversed(Refusal):
    """An entry is reversed once."""

    code = "entry_reversed"
    status = 409
    title = "This entry was reversed before."


class EntryNotReversible(Refusal):
    """Something else moves what this entry moved. The words say what to do instead; members: `type`."""

    code = "entry_not_reversible"
    status = 409
    title = "This entry is not reversed by hand."


class AdjustmentOutOfBounds(Refusal):
    """An adjustment of nothing, or of more than the bank moves at once."""

    code = "adjustment_out_of_bounds"
    status = 400
    title = "An adjustment gives or takes at least one token, and not more than the bank moves at once."


class InvalidPeriod(Refusal):
    """These days are no period of which there is a statement."""

    code = "invalid_period"
    status = 400
    title = "There is no statement of these days."
