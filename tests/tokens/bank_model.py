"""A bank in memory, as simple as it can be: what the real one is held against, step by step."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(eq=False)
class Lot:
    """Tokens that one credit brought."""

    remaining: int
    number: int
    expires_at: datetime = NEVER
    bought: bool = False
    purchase: "Purchase | None" = None
    held: int = 0

    @property
    def free(self) -> int:
        return self.remaining - self.held

    @property
    def turn(self) -> tuple[datetime, bool, int]:
        """Its place in burn order."""
        return self.expires_at, self.bought, self.number


@dataclass(eq=False)
class Hold:
    """Tokens set aside."""

    amount: int
    expires_at: datetime
    parts: list[tuple[Lot, int]]
    status: str = "placed"


@dataclass(eq=False)
class Purchase:
    """What was bought, and how much of it is back, from where."""

    total: int
    reversed: int = 0
    expired: int = 0  # of its own lots, all in all
    taken: dict[Lot, int] = field(default_factory=dict)
    back_expired: int = 0
    owed: int = 0


class Model:
    """One wallet."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []
        self.holds: list[Hold] = []
        self.debt = 0
        self.frozen = False
        self.count = 0

    @property
    def balance(self) -> int:
        return sum(lot.remaining for lot in self.lots)

    @property
    def held(self) -> int:
        return sum(lot.held for lot in self.lots)

    @property
    def free(self) -> int:
        return self.balance - self.held

    def tidy(self, now: datetime) -> None:
        for hold in self.holds:
            if hold.status == "placed" and hold.expires_at <= now:
                self.let_go(hold, "expired")
        for lot in self.lots:
            if lot.expires_at <= now:
                if lot.purchase:
                    lot.purchase.expired += lot.free
                lot.remaining = lot.held
        self.debt -= sum(n for _, n in self.use(min(self.debt, self.free)))

    def available(self, now: datetime) -> int:
        """What the wallet's owner sees between writes."""
        overdue = dict.fromkeys(self.lots, 0)
        for hold in self.holds:
            if hold.status == "placed" and hold.expires_at <= now:
                for lot, tokens in hold.parts:
                    overdue[lot] += tokens
        free = sum(lot.free + overdue[lot] for lot in self.lots if lot.expires_at > now)
        return max(0, free - self.debt)

    def open(self, tokens: int, now: datetime, **more) -> None:
        if tokens:
            self.lots.append(Lot(tokens, self.count, **more))

    def credit(self, bought: int, given: int, now: datetime, expires_at: datetime, purchase=None) -> None:
        self.tidy(now)
        self.count += 1
        self.open(bought, now, bought=True, expires_at=expires_at, purchase=purchase)
        self.open(given, now, expires_at=expires_at, purchase=purchase)
        self.debt -= sum(n for _, n in self.use(min(self.debt, self.free)))

    def use(self, tokens: int, purchase: Purchase | None = None) -> list[tuple[Lot, int]]:
        """Take up to so many, in burn order; answer what came from where."""
        used = []
        for lot in sorted(self.lots, key=lambda lot: lot.turn):
            if lot.free and tokens and (purchase is None or lot.purchase is purchase):
                taken = min(lot.free, tokens)
                lot.remaining -= taken
                tokens -= taken
                used.append((lot, taken))
        return used

    def place(self, tokens: int, now: datetime, expires_at: datetime) -> Hold:
        self.tidy(now)
        parts = self.use(tokens)
        for lot, reserved in parts:
            lot.remaining += reserved
            lot.held += reserved
        hold = Hold(tokens, expires_at, parts)
        self.holds.append(hold)
        return hold

    def let_go(self, hold: Hold, status: str) -> None:
        hold.status = status
        for lot, reserved in hold.parts:
            lot.held -= reserved

    def capture(self, hold: Hold, tokens: int, now: datetime) -> None:
        self.tidy(now)
        self.let_go(hold, "captured")
        for lot, reserved in hold.parts:
            spent = min(reserved, tokens)
            lot.remaining -= spent
            tokens -= spent
        self.tidy(now)

    def reverse(self, purchase: Purchase, target: int, now: datetime) -> None:
        if target == purchase.reversed:
            return
        self.tidy(now)
        more = target - purchase.reversed
        purchase.reversed = target
        self.take(purchase, more) if more > 0 else self.give_back(purchase, -more)
        self.tidy(now)

    def take(self, purchase: Purchase, tokens: int) -> None:
        used = self.use(tokens, purchase)
        tokens -= sum(n for _, n in used)
        expired = min(tokens, purchase.expired - purchase.back_expired)
        purchase.back_expired += expired
        used += self.use(tokens - expired)
        for lot, taken in used:
            purchase.taken[lot] = purchase.taken.get(lot, 0) + taken
        missing = tokens - expired - sum(n for lot, n in used if lot.purchase is not purchase)
        purchase.owed += missing
        self.debt += missing

    def give_back(self, purchase: Purchase, tokens: int) -> None:
        cancelled = min(tokens, purchase.owed, self.debt)
        paid = min(tokens - cancelled, purchase.owed - cancelled)
        self.debt -= cancelled
        purchase.owed -= cancelled + paid
        tokens -= cancelled + paid
        self.count += 1
        self.open(paid, NEVER, bought=True, purchase=purchase)
        tokens -= self.restore(purchase, tokens, is_own=False)
        expired = min(tokens, purchase.back_expired)
        purchase.back_expired -= expired
        assert self.restore(purchase, tokens - expired, is_own=True) == tokens - expired

    def restore(self, purchase: Purchase, tokens: int, *, is_own: bool) -> int:
        given = 0
        for lot in sorted(purchase.taken, key=lambda lot: lot.turn, reverse=True):
            if (lot.purchase is purchase) == is_own:
                back = min(tokens - given, purchase.taken[lot])
                purchase.taken[lot] -= back
                lot.remaining += back
                given += back
        return given


HOUR = timedelta(hours=1)
