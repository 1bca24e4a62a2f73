"""The words the whole sandbox shares."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

API_VERSION = "2026-08-26.dahlia"

#: One object as Stripe's API shows it, unexpanded: JSON values only.
StripeObject = dict[str, Any]


@dataclass(frozen=True)
class Origin:
    """The API request that caused an event; both are None when time or a test's control did."""

    request_id: str | None = None
    idempotency_key: str | None = None


NOBODY = Origin()


class DeliveryState(StrEnum):
    """Where one delivery of one event to one endpoint stands."""

    PENDING = "pending"  # to be sent when it is due
    HELD = "held"  # kept back by a control until it is released
    SENDING = "sending"  # on the wire; becomes pending again if the process dies
    DELIVERED = "delivered"  # answered 2xx
    FAILED = "failed"  # given up after the last retry
    DROPPED = "dropped"  # lost on purpose by a control


class DeliveryCause(StrEnum):
    """Why a delivery exists."""

    EVENT = "event"  # the event happened
    DUPLICATE = "duplicate"  # a control told the same event again
