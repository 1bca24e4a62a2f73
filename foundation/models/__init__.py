"""The tables that belong to no app."""

from foundation.models.idempotency import IdempotencyRecord

__all__ = ["IdempotencyRecord"]
