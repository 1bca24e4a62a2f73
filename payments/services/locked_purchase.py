"""A purchase that is being settled, by plain SQL: the ORM takes longer to lock, read and move it than the database."""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db import connection

from payments.errors import PaymentNotSettled
from payments.kinds import PurchaseStatus
from payments.rules.settlement import FrozenTerms


@dataclass(frozen=True, slots=True)
class LockedPurchase:
    """What settlement reads of a purchase: each field but the last is a column. The lock ends with the transaction.

    `has_early_events`: events of its payment, such as a refund, were told before it was settled, and wait.
    """

    id: uuid.UUID
    buyer_id: uuid.UUID
    package_id: str
    status: str
    tokens: int
    bonus_tokens: int
    tokens_expire_after_days: int | None
    price_cents: int
    currency: str
    wallet_account_id: uuid.UUID
    livemode: bool
    stripe_customer_id: str
    stripe_session_id: str | None
    cancel_requested_at: datetime | None
    quarantine_reason: str
    has_early_events: bool

    @property
    def terms(self) -> FrozenTerms:
        """What it froze when it was made."""
        return FrozenTerms(
            session_id=self.stripe_session_id or "",
            customer_id=self.stripe_customer_id,
            package_code=self.package_id,
            price_cents=self.price_cents,
            currency=self.currency,
            livemode=self.livemode,
            total_tokens=self.tokens + self.bonus_tokens,
        )

    def tokens_expire_at(self, *, credited_at: datetime) -> datetime | None:
        """When its tokens expire if they are credited at this moment; None: never."""
        days = self.tokens_expire_after_days
        return credited_at + timedelta(days=days) if days else None

    def move(self, status: PurchaseStatus, **columns: str | int | uuid.UUID | datetime | None) -> None:
        """Write a move. The caller has looked at the status it moves from."""
        assignments = "".join(f", {name} = %s" for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE payments_purchase SET status = %s{assignments} WHERE id = %s",  # noqa: S608 # nosec B608 - names of our own
                [status.value, *columns.values(), self.id],
            )


_COLUMNS = ", ".join(column.name for column in fields(LockedPurchase)[:-1])
# The waiting events are found by the way, which costs a look into an index and no statement.
_LOCK = f"""
SELECT {_COLUMNS}, EXISTS (
    SELECT FROM payments_inboxevent WHERE payment_intent_id = %s AND payment_intent_id <> '' AND error_code = %s
)
FROM payments_purchase WHERE id = %s FOR UPDATE
"""  # noqa: S608 # nosec B608 - names of our own


def lock_purchase(purchase_id: uuid.UUID, payment_intent_id: str) -> LockedPurchase | None:
    """Lock a purchase's row until the transaction ends, and read it as it is then; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [payment_intent_id, PaymentNotSettled.code, purchase_id])
        row = cursor.fetchone()
    return LockedPurchase(*row) if row else None
