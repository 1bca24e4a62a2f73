"""How a purchase's status is told to its buyer: one place, so that every page tells the same."""

from dataclasses import dataclass, replace
from datetime import datetime

from payments.kinds import PurchaseStatus, ReversalState
from payments.limits import PROCESSING_WAIT
from payments.models import Purchase


@dataclass(frozen=True, slots=True)
class Told:
    """A status in words: its page's heading and sentence, its badge in lists, and what can be done now."""

    title: str
    words: str
    badge: str
    tone: str = ""
    can_pay: bool = False
    can_buy_again: bool = False
    is_receipt: bool = False


STATUSES = {
    PurchaseStatus.STARTED: Told(
        title="This purchase is being prepared",
        words="The payment page is not open yet, and nothing was charged.",
        badge="Being prepared",
    ),
    PurchaseStatus.OPEN: Told(
        title="This purchase is waiting for your payment",
        words="Nothing was charged yet. If you have just paid, the tokens arrive within seconds.",
        badge="Waiting for payment",
        tone="warning",
        can_pay=True,
    ),
    PurchaseStatus.PROCESSING: Told(
        title="Your payment is being processed",
        words="Your bank is processing this payment; the tokens arrive in up to "
        f"{PROCESSING_WAIT.days} days, by themselves, as soon as it confirms it. There is nothing you need to do, "
        "and please do not pay again.",
        badge="At your bank",
        tone="warning",
    ),
    PurchaseStatus.SETTLED: Told(
        title="Paid, and in your wallet",
        words="The payment arrived and the tokens were credited.",
        badge="Paid",
        tone="success",
        is_receipt=True,
    ),
    PurchaseStatus.FAILED: Told(
        title="The payment did not go through",
        words="Your bank did not make the payment, so no tokens were credited. You can choose a package and "
        "try again.",
        badge="Not paid",
        tone="error",
        can_buy_again=True,
    ),
    PurchaseStatus.EXPIRED: Told(
        title="This purchase has expired",
        words="It was not paid in time, and nothing was charged.",
        badge="Expired",
        can_buy_again=True,
    ),
    PurchaseStatus.CANCELED: Told(
        title="This purchase was canceled",
        words="Nothing was charged.",
        badge="Canceled",
        can_buy_again=True,
    ),
    PurchaseStatus.QUARANTINED: Told(
        title="We are checking this payment",
        words="Something about it is not as we expected, so a person looks at it before tokens are credited. "
        "It ends with your tokens or with your money back; you do not need to pay again.",
        badge="Being checked",
        tone="warning",
    ),
    PurchaseStatus.REFUNDED: Told(
        title="Your money was returned",
        words="We gave this payment back to you. No tokens were credited for it.",
        badge="Returned",
        can_buy_again=True,
    ),
}

# What a settled purchase is told as once its payment has gone back, or is on its way.
REVERSALS = {
    ReversalState.PARTIAL: Told(
        title="Paid, and partly returned",
        words="We returned a part of this payment to you, and took the same share of its tokens back.",
        badge="Partly returned",
        tone="warning",
        is_receipt=True,
    ),
    ReversalState.FULL: Told(
        title="Your money was returned",
        words="We returned this payment to you, and took its tokens back. Your bank shows it within days.",
        badge="Returned",
        can_buy_again=True,
        is_receipt=True,
    ),
    ReversalState.DISPUTED: Told(
        title="This payment is disputed",
        words="Your bank has asked for this payment back, so your wallet is paused, and its tokens are set aside, "
        "until your bank has decided. If you did not mean to dispute it, please tell your bank.",
        badge="Disputed",
        tone="warning",
        is_receipt=True,
    ),
    ReversalState.LOST: Told(
        title="Your bank took this payment back",
        words="Your bank has decided to return this payment to you, so its tokens were taken back. Your wallet stays "
        "paused until you have spoken with us.",
        badge="Taken back",
        tone="error",
        is_receipt=True,
    ),
}


def tell(purchase: Purchase, *, now: datetime) -> Told:
    """The purchase's status in words. An open one whose time is over can no longer be paid."""
    told = STATUSES[PurchaseStatus(purchase.status)]
    if purchase.status == PurchaseStatus.SETTLED:
        return REVERSALS.get(ReversalState(purchase.reversal), told)
    if told.can_pay and purchase.expires_at <= now:
        return replace(
            told, words="The time to pay has run out. Nothing was charged.", can_pay=False, can_buy_again=True
        )
    return told


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a payment: done, now, or to come."""

    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What the page after paying says. `waiting`: it asks again in a moment."""

    title: str
    words: str
    waiting: bool = False
    can_buy_again: bool = False
    steps: tuple[Step, ...] = ()


_WAITING = Progress(
    title="Adding your tokens",
    words="We are confirming your payment. It takes a few seconds; should you leave this page, the tokens "
    "arrive all the same.",
    waiting=True,
    steps=(
        Step("Payment sent", "done"),
        Step("Being confirmed and credited", "now"),
        Step("Tokens in your wallet", "to-come"),
    ),
)
_WAITED = Progress(
    title="This is taking longer than usual",
    words="Your payment is not confirmed yet. If it went through, the tokens arrive by themselves, exactly "
    "once: you do not need to stay here, and please do not pay again.",
)


def progress_of(purchase: Purchase, *, now: datetime, patient: bool) -> Progress:
    """How far a payment has come. `patient`: the buyer has not been waiting for too long yet."""
    if purchase.status == PurchaseStatus.SETTLED and purchase.reversal == ReversalState.NONE:
        return Progress(
            title="Thank you: your tokens are here",
            words=f"{_tokens(purchase.total_tokens)} added to your wallet.",
        )
    if purchase.status in {PurchaseStatus.STARTED, PurchaseStatus.OPEN}:
        return _WAITING if patient else _WAITED
    told = tell(purchase, now=now)
    return Progress(title=told.title, words=told.words, can_buy_again=told.can_buy_again)


def _tokens(number: int) -> str:
    return "1 token was" if number == 1 else f"{number:,} tokens were"
