"""Four eyes: what one person may do alone, and what waits until another agrees."""

from identity.errors import ActionNotAllowed, ApprovalNeeded, MakerIsChecker
from identity.kinds import Actor, ActorKind, Right
from identity.queries.rights import has_right
from identity.services.rights import require

_PEOPLE = ActorKind.STAFF


def require_right(*, maker: Actor, checker: Actor | None, alone: Right, proposing: Right) -> None:
    """Go on only if the maker may do this, and with a checker, if the two are two who may do it together.

    Alone the maker needs `alone`; with another's agreement `proposing` is enough. Superusers are two people as well.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises MakerIsChecker: `maker_is_checker`.
    """
    if checker is None:
        if maker.kind is not _PEOPLE:
            raise ActionNotAllowed(right=alone.value)
        require(alone, actor=maker)
        return
    require_another(maker_id=maker.id, checker=checker)
    require_proposer(maker=maker, alone=alone, proposing=proposing)


def require_proposer(*, maker: Actor, alone: Right, proposing: Right) -> None:
    """Go on only if the maker may propose this: who may do it alone may propose it, too.

    :raises ActionNotAllowed: `action_not_allowed`.
    """
    if maker.kind is not _PEOPLE or not (has_right(maker.id, proposing) or has_right(maker.id, alone)):
        raise ActionNotAllowed(right=proposing.value)


def require_another(*, maker_id: str, checker: Actor) -> None:
    """Go on only if the checker is somebody else than the maker, a person, and may approve.

    :raises ActionNotAllowed: `action_not_allowed`.
    :raises MakerIsChecker: `maker_is_checker`.
    """
    if checker.kind is not _PEOPLE:
        raise ActionNotAllowed(right=Right.APPROVE_PROPOSAL.value)
    if checker.id == maker_id:
        raise MakerIsChecker
    require(Right.APPROVE_PROPOSAL, actor=checker)


def require_small(*, checker: Actor | None, amount: int, alone_max: int, unit: str) -> None:
    """Go on if another agreed, or if the amount is one that a person may move alone.

    :raises ApprovalNeeded: `approval_needed`, with members `amount` and `alone_max`.
    """
    if checker is None and amount > alone_max:
        raise ApprovalNeeded(
            f"This makes {amount:,} {unit}, and one person may move {alone_max:,}: propose it to another.",
            amount=amount,
            alone_max=alone_max,
        )
