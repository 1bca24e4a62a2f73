"""Adjusting a wallet."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backoffice.kinds import Effect, ProposalKind, Terms
from backoffice.services.rehearsal import on_wallet
from foundation.ids import new_id
from foundation.waker import wake
from identity.kinds import Actor, Right
from tokens.kinds import AccountKind, EntryType
from tokens.services import corrections, ledger


@dataclass(frozen=True, slots=True)
class AdjustmentOrder:
    """Give a wallet tokens, or take some (negative)."""

    account_id: uuid.UUID
    tokens: int
    kind: ClassVar = ProposalKind.ADJUSTMENT
    alone: ClassVar = Right.ADJUST
    proposing: ClassVar = Right.PROPOSE_ADJUSTMENT

    def terms(self, *, proposal_id: uuid.UUID) -> Terms:  # noqa: ARG002 - an Order
        """What a proposal freezes of it."""
        request: dict[str, object] = {"account_id": str(self.account_id), "tokens": self.tokens}
        return Terms(self.account_id, self.account_id, self.tokens, "", request)

    def foresee(self, *, now: datetime) -> list[Effect]:
        """Where it would lead the wallet."""
        corrections.check_adjustment(self.tokens)
        return on_wallet(
            self.account_id,
            lambda: ledger.post(
                entry_type=EntryType.ADJUSTMENT,
                reference=f"adjustment:{new_id()}",
                account_id=self.account_id,
                counter_lines={AccountKind.PROMOTIONS: -self.tokens},
                now=now,
            ),
            now=now,
        )

    def lock(self) -> None:
        """Nothing comes before the wallet."""

    def carry_out(
        self, *, key: uuid.UUID, reason: str, maker: Actor, checker: Actor | None, now: datetime
    ) -> None:
        """Post the entry."""
        corrections.adjust(
            account_id=self.account_id,
            tokens=self.tokens,
            key=str(key),
            reason=reason,
            actor=maker,
            checker=checker,
            now=now,
        )
        wake("mirror.deliver")

    def complete(self, *, key: uuid.UUID, now: datetime) -> bool:  # noqa: ARG002 - an Order
        """The entry was all."""
        return True

    def outcome(self, *, key: uuid.UUID) -> str:  # noqa: ARG002 - an Order
        """The entry is all that there is to tell."""
        return "The entry is posted"
