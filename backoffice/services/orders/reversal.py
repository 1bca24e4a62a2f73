"""Reversing an entry."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backoffice.kinds import Effect, ProposalKind, Terms
from backoffice.services.rehearsal import on_wallet
from foundation.waker import wake
from identity.kinds import Actor, Right
from tokens.services import corrections


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """Undo an entry."""

    entry_id: uuid.UUID
    kind: ClassVar = ProposalKind.REVERSAL
    alone: ClassVar = Right.REVERSE_ENTRY
    proposing: ClassVar = Right.PROPOSE_ADJUSTMENT

    def terms(self, *, proposal_id: uuid.UUID) -> Terms:  # noqa: ARG002 - an Order
        """What a proposal freezes of it."""
        line = corrections.line_to_reverse(self.entry_id)
        request: dict[str, object] = {"entry_id": str(self.entry_id)}
        return Terms(self.entry_id, line.account_id, -line.amount, "", request)

    def foresee(self, *, now: datetime) -> list[Effect]:
        """Where it would lead the wallet."""
        line = corrections.line_to_reverse(self.entry_id)
        undo = corrections.undo
        return on_wallet(line.account_id, lambda: undo(entry_id=self.entry_id, now=now), now=now)

    def lock(self) -> None:
        """Nothing comes before the wallet."""

    def carry_out(
        self, *, key: uuid.UUID, reason: str, maker: Actor, checker: Actor | None, now: datetime
    ) -> None:
        """Post the entry that undoes it."""
        corrections.reverse_entry(
            entry_id=self.entry_id, key=str(key), reason=reason, actor=maker, checker=checker, now=now
        )
        wake("mirror.deliver")

    def complete(self, *, key: uuid.UUID, now: datetime) -> bool:  # noqa: ARG002 - an Order
        """The entry was all."""
        return True

    def outcome(self, *, key: uuid.UUID) -> str:  # noqa: ARG002 - an Order
        """The entry is all that there is to tell."""
        return "The entry is posted"
