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


class InsufficientTokens(Refusal):
    """The entry would take the wallet below zero."""

    code = "insufficient_tokens"
    status = 402
    title = "There are not enough tokens in the wallet."


class ReferenceReused(Refusal):
    """Another entry with another content already has this reference."""

    code = "reference_reused"
    status = 409
    title = "This reference was already used for another entry."
