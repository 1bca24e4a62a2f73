"""Every way the back office says no."""

from foundation.errors import Refusal


class ProposalNotFound(Refusal):
    """No proposal has this id."""

    code = "proposal_not_found"
    status = 404
    title = "There is no such proposal."


class ProposalDecided(Refusal):
    """A proposal is decided once. Member: `proposal_status`."""

    code = "proposal_decided"
    status = 409
    title = "This proposal was decided before."


class ProposalExpired(Refusal):
    """Nobody has decided the proposal in time."""

    code = "proposal_expired"
    status = 409
    title = "This proposal has expired: whoever still wants it proposes it anew."


class WalletChanged(Refusal):
    """The wallet moved since the checker saw it. Members: `seen_seq` and `seq`."""

    code = "wallet_changed"
    status = 409
    title = "The wallet has changed: look at what happened since, and confirm again."


class GrantFileMalformed(Refusal):
    """A file of grants cannot be read; the words say what is wrong with it."""

    code = "grant_file_malformed"
    status = 400
    title = "This file cannot be read."


class NothingToGrant(Refusal):
    """No row of the file grants anything."""

    code = "nothing_to_grant"
    status = 400
    title = "No row of this file grants anything."
