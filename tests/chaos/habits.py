"""What people do, how often, and what they may be told no for."""

from dataclasses import dataclass, field

PACKAGES = ("starter", "basic", "pro", "premium")
THREADS = 8
IN_USE = "idempotency_key_in_use"
# What may be said no to, and why: anything else is wrong.
REFUSALS = {
    "insufficient_tokens",
    "account_frozen",
    "rate_limited",
    "purchases_blocked",
    "hold_already_captured",
    "hold_already_released",
    "hold_expired",
}
# How often each thing is done.
MIX = {
    "buy": 22,
    "spend": 34,
    "hold": 14,
    "end_hold": 13,
    "grant": 6,
    "look": 7,
    "refund": 2,
    "dispute": 1,
    "decide_dispute": 1,
}


@dataclass
class Customer:
    """Somebody with a wallet, and what they may still do. `seq` is the newest entry they were told of."""

    uid: str
    purchases: int = 0
    refunds: int = 0
    is_disputing: bool = False
    seq: int = 0
    paid: list[str] = field(default_factory=list)  # sessions
