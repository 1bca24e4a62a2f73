"""What an action of staff is that may need a second person, whatever it does."""

import uuid
from datetime import datetime
from typing import ClassVar, Protocol

from backoffice.kinds import Effect, ProposalKind, Terms
from identity.kinds import Actor, Right


class Order(Protocol):
    """One action, with all that it needs. It is made from a form, and again from the proposal that waited.

    `alone` is the right of who does it alone where it is small, `proposing` that of who may propose it.
    """

    kind: ClassVar[ProposalKind]
    alone: ClassVar[Right]
    proposing: ClassVar[Right]

    def terms(self, *, proposal_id: uuid.UUID) -> Terms:
        """What a proposal freezes of it."""
        ...

    def foresee(self, *, now: datetime) -> list[Effect]:
        """What it would do now. Raises the refusal that it would meet."""
        ...

    def lock(self) -> None:
        """Take the locks that come before the wallet's."""
        ...

    def carry_out(
        self, *, key: uuid.UUID, reason: str, maker: Actor, checker: Actor | None, now: datetime
    ) -> None:
        """Do it, or write down all that doing it takes, in the caller's transaction. Once per key."""
        ...

    def complete(self, *, key: uuid.UUID, now: datetime) -> bool:
        """After the commit: do what no transaction can hold; answer whether all is done. Safe to repeat."""
        ...

    def outcome(self, *, key: uuid.UUID) -> str:
        """What became of it, in words, once it was carried out."""
        ...
