"""Granting tokens to many, as a file says."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from django.db import connection, transaction

from backoffice.errors import NothingToGrant
from backoffice.kinds import Effect, ProposalKind, Terms
from backoffice.limits import GRANT_BATCH, GRANTS_ALONE_TOKENS_MAX, GRANTS_ALONE_WINDOW
from backoffice.models import Proposal, ProposedGrant
from foundation.waker import wake
from identity.kinds import Actor, Right
from identity.queries.audit import records_by
from identity.services import audit, four_eyes
from tokens.kinds import EntryType
from tokens.services.bulk import Gift, grant_many

CATEGORIES: Final = (EntryType.GRANT, EntryType.PROMOTION, EntryType.BONUS)
GRANTED: Final = "tokens.grant_many"  # the audit trail's code


@dataclass(frozen=True, slots=True)
class OneGrant:
    """A row of the file that grants something."""

    number: int
    account_id: uuid.UUID
    tokens: int


@dataclass(frozen=True, slots=True)
class GrantsOrder:
    """Give each wallet its tokens, as entries of one type; once per row of the file."""

    category: EntryType
    grants: tuple[OneGrant, ...]
    kind: ClassVar = ProposalKind.GRANTS
    alone: ClassVar = Right.GRANT_MANY
    proposing: ClassVar = Right.PROPOSE_ADJUSTMENT

    @property
    def total(self) -> int:
        """All tokens that it grants."""
        return sum(grant.tokens for grant in self.grants)

    def terms(self, *, proposal_id: uuid.UUID) -> Terms:
        """What a proposal freezes of it; its rows are kept beside it."""
        if not self.grants:
            raise NothingToGrant
        request: dict[str, object] = {"category": self.category.value, "rows": len(self.grants)}
        return Terms(proposal_id, None, self.total, "", request)

    def foresee(self, *, now: datetime) -> list[Effect]:  # noqa: ARG002 - an Order
        """The totals; each row's outcome is in the file's plan."""
        return [
            Effect("Customers who get tokens", f"{len(self.grants):,}"),
            Effect("Tokens given in all", f"{self.total:,}"),
        ]

    def lock(self) -> None:
        """Each batch locks its own wallets, in one order."""

    def carry_out(
        self, *, key: uuid.UUID, reason: str, maker: Actor, checker: Actor | None, now: datetime
    ) -> None:
        """Alone, a few tokens are given at once; what another agreed to is given batch by batch after the commit."""
        four_eyes.require_right(maker=maker, checker=checker, alone=self.alone, proposing=self.proposing)
        four_eyes.require_small(
            checker=checker,
            amount=0 if checker else self.total + _granted_alone(maker, but=key, now=now),
            alone_max=GRANTS_ALONE_TOKENS_MAX,
            unit="tokens by files within a day",
        )
        if checker is None:
            gifts = [_gift(key, grant) for grant in self.grants]
            if not grant_many(gifts=gifts, category=self.category, now=now):
                return  # the form was sent before
        facts = {"tokens": self.total, "wallets": len(self.grants), "category": self.category.value}
        audit.record(
            actor=maker,
            action=GRANTED,
            subject_kind="proposal",
            subject_id=key,
            reason=reason,
            facts={**facts, "checked_by": checker.id if checker else ""},
            now=now,
        )
        wake("mirror.deliver")
        wake("backoffice.carry_out_grants")

    def complete(self, *, key: uuid.UUID, now: datetime) -> bool:  # noqa: ARG002 - an Order
        """A worker gives them: `carry_out_batch`."""
        return not ProposedGrant.objects.filter(proposal_id=key, granted_at=None).exists()

    def outcome(self, *, key: uuid.UUID) -> str:
        """How many rows have their tokens."""
        left = ProposedGrant.objects.filter(proposal_id=key, granted_at=None).count()
        return f"{len(self.grants) - left:,} of {len(self.grants):,} customers have their tokens"


def keep_rows(proposal: Proposal, order: GrantsOrder) -> None:
    """Keep the rows beside the proposal that they belong to."""
    ProposedGrant.objects.bulk_create(
        ProposedGrant(
            proposal=proposal, number=grant.number, account_id=grant.account_id, tokens=grant.tokens
        )
        for grant in order.grants
    )


def kept_rows(proposal: Proposal) -> GrantsOrder:
    """The order, as its proposal and the rows beside it have kept it."""
    return GrantsOrder(
        category=EntryType(proposal.request["category"]),
        grants=tuple(OneGrant(row.number, row.account_id, row.tokens) for row in proposal.grants.all()),
    )


def carry_out_batch(*, proposal: Proposal, now: datetime) -> int:
    """Give the next rows of an approved proposal their tokens; answer how many rows that were.

    One transaction gives and marks; the ledger knows each row's reference besides, so that none is given twice.
    """
    with transaction.atomic():
        due = ProposedGrant.objects.select_for_update().filter(proposal=proposal, granted_at=None)
        rows = list(due.order_by("number")[:GRANT_BATCH])
        if not rows:
            return 0
        gifts = [_gift(proposal.id, OneGrant(row.number, row.account_id, row.tokens)) for row in rows]
        grant_many(gifts=gifts, category=EntryType(proposal.request["category"]), now=now)
        ProposedGrant.objects.filter(id__in=[row.id for row in rows]).update(granted_at=now)
        wake("mirror.deliver")
    return len(rows)


def _granted_alone(maker: Actor, *, but: uuid.UUID, now: datetime) -> int:
    """How many tokens this person has granted by other files without a second person, within the window.

    Their files are looked at one after the other until the transaction ends, so that two at once add up as well.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"grants alone:{maker.id}"])
    alone = records_by(maker.id, action=GRANTED, since=now - GRANTS_ALONE_WINDOW)
    others = alone.filter(facts__checked_by="").exclude(subject_id=str(but))
    return sum(facts["tokens"] for facts in others.values_list("facts", flat=True))


def _gift(key: uuid.UUID, grant: OneGrant) -> Gift:
    return Gift(f"proposal:{key}:{grant.number}", grant.account_id, grant.tokens)
