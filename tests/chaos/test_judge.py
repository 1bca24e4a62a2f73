"""The judge sees what is planted: each kind of loss by itself, in books that are otherwise right."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.facts import Books, Document, Entry, Hold, Payment, Shown, Sight, Wallet
from tests.chaos.judge import Verdict, judge
from tests.chaos.told import Kind, Operation, Told

ALICE = "alice"


class Case:
    """Alice bought 250, spent 20, was given 5, and holds 7; of another hold 3 were captured; 50 went back."""

    def __init__(self) -> None:
        self.told = Told()
        self.payments = [Payment("p1", ALICE, 250, 1500, 300)]
        self.entries = [
            Entry("e1", "purchase", ALICE, 250, 250, 1, purchase_id="p1"),
            Entry("e2", "spend", ALICE, -20, 230, 2, label="spend"),
            Entry("e3", "grant", ALICE, 5, 235, 3, label="grant"),
            Entry("e4", "spend", ALICE, -3, 232, 4, label="hold-2"),
            Entry("e5", "refund", ALICE, -50, 182, 5, purchase_id="p1"),
        ]
        self.holds = [
            Hold("h1", ALICE, 7, "placed", 0, "hold"),
            Hold("h2", ALICE, 9, "captured", 3, "hold-2"),
        ]
        self.wallet = Wallet(ALICE, 182, 7, 0, 5, 9)
        self.other_wallets: dict[str, Wallet] = {}
        self.purchases = {"p1": "buy"}
        self.reversed_tokens = {"p1": 50}
        self.imbalances: list[str] = []
        self.shown_wallet: dict[str, object] = {
            "tokenBalance": 182,
            "tokensHeld": 7,
            "tokenDebt": 0,
            "ledgerSeq": 5,
            "walletVersion": 9,
        }
        self.sights = [Sight(0, 250, 1, 2), Sight(0, 182, 5, 9)]
        self.documents = {
            each.id: Document(each.user, each.type, each.amount, each.balance_after, each.seq)
            for each in self.entries
        }
        self.say_yes("buy", Kind.PURCHASE, subject="basic", id="p1")
        self.say_yes("spend", Kind.SPEND, 20, id="e2", balance_after=230, seq=2)
        self.say_yes("grant", Kind.GRANT, 5, id="e3", balance_after=235, seq=3)
        self.say_yes("hold", Kind.HOLD, 7, id="h1")
        self.say_yes("hold-2", Kind.HOLD, 9, id="h2")
        self.say_yes("capture", Kind.CAPTURE, 3, subject="h2", id="h2")

    def say_yes(
        self, key: str, kind: Kind, amount: int = 0, *, subject: str = "", **answer: object
    ) -> Operation:
        operation = self.told.add(Operation(key, kind, ALICE, amount, subject))
        self.told.acknowledge(operation, answer)
        return operation

    def change(self, index: int, **fields: object) -> None:
        self.entries[index] = replace(self.entries[index], **fields)  # type: ignore[arg-type]

    def judge(self) -> Verdict:
        books = Books(
            self.entries,
            self.holds,
            {ALICE: self.wallet, **self.other_wallets},
            self.purchases,
            self.reversed_tokens,
            self.imbalances,
        )
        shown = Shown({ALICE: self.shown_wallet}, self.documents, {ALICE: self.sights})
        return judge(self.told, self.payments, books, shown)


def test_right_books_are_found_right():
    assert list(Case().judge().findings) == []


def _lose_hold(case: Case) -> None:
    case.holds = case.holds[1:]
    case.wallet = replace(case.wallet, held=0)
    case.shown_wallet["tokensHeld"] = 0


def _forget_capture(case: Case) -> None:
    case.holds[1] = replace(case.holds[1], status="placed", captured=0)


def _pay_unseen(case: Case) -> None:
    case.payments.append(Payment("p2", ALICE, 50, 499))


LOSSES: dict[str, Callable[[Case], object]] = {
    "the entry of a spend": lambda case: case.entries.pop(1),
    "the entry of a grant": lambda case: case.entries.pop(2),
    "a hold": _lose_hold,
    "a capture": _forget_capture,
    "a started purchase": lambda case: case.purchases.clear(),
    "the credit of what was paid": lambda case: case.entries.pop(0),
    "the credit of a payment that nobody told": _pay_unseen,
}


@pytest.mark.parametrize("what", LOSSES)
def test_what_was_acknowledged_or_paid_and_is_not_there_is_lost(what: str):
    case = Case()
    LOSSES[what](case)
    assert case.judge().lost


DOUBLES: dict[str, Callable[[Case], object]] = {
    "a spend": lambda case: case.entries.append(replace(case.entries[1], id="e9", seq=6)),
    "a credit": lambda case: case.entries.append(replace(case.entries[0], id="e9", seq=6)),
    "a hold": lambda case: case.holds.append(replace(case.holds[0], id="h9")),
    "a purchase": lambda case: case.purchases.update(p9="buy"),
}


@pytest.mark.parametrize("what", DOUBLES)
def test_what_is_there_twice_is_doubled(what: str):
    case = Case()
    DOUBLES[what](case)
    assert case.judge().doubled


INVENTIONS: dict[str, Callable[[Case], object]] = {
    "a spend of nobody's": lambda case: case.entries.append(Entry("e9", "spend", ALICE, -1, 181, 6)),
    "a hold of nobody's": lambda case: case.holds.append(Hold("h9", ALICE, 1, "placed", 0, "")),
    "a credit that nobody paid": lambda case: case.payments.clear(),
    "a purchase that nobody asked for": lambda case: case.purchases.update(p9="stranger"),
    "an entry that only Firestore knows": lambda case: case.documents.update(e9=case.documents["e1"]),
}


@pytest.mark.parametrize("what", INVENTIONS)
def test_what_nobody_asked_for_is_invented(what: str):
    case = Case()
    INVENTIONS[what](case)
    assert case.judge().invented


def test_what_was_refused_and_is_there_is_invented():
    case = Case()
    refused = case.told.add(Operation("refused", Kind.SPEND, ALICE, 1))
    case.told.refuse(refused, {"code": "insufficient_tokens"})
    case.entries.append(Entry("e9", "spend", ALICE, -1, 181, 6, label="refused"))
    assert case.judge().invented


def test_what_is_in_doubt_may_be_there_or_not_and_is_told():
    case = Case()
    case.told.add(Operation("doubtful", Kind.SPEND, ALICE, 1))
    without = case.judge()
    assert (without.doubtful, without.lost, without.wrong) == (["spend doubtful"], [], [])
    case.entries.append(Entry("e9", "spend", ALICE, -1, 181, 6, label="doubtful"))
    there = case.judge()
    assert (there.doubtful, there.doubled, there.invented) == (["spend doubtful"], [], [])


WRONGS: dict[str, Callable[[Case], object]] = {
    "another amount": lambda case: case.change(1, amount=-21),
    "another balance than was answered": lambda case: case.change(2, balance_after=234),
    "another wallet": lambda case: case.change(2, user="bob"),
    "other tokens than were paid for": lambda case: case.change(0, amount=251),
    "more captured than was asked for": lambda case: case.holds.append(replace(case.holds.pop(), captured=4)),
    "more reversed than went back": lambda case: case.reversed_tokens.update(p1=51),
    "less reversed than went back": lambda case: case.reversed_tokens.clear(),
    "a balance that is not the sum": lambda case: setattr(case, "wallet", replace(case.wallet, balance=183)),
    "tokens of somebody who was given none": lambda case: case.other_wallets.update(
        bob=Wallet("bob", 5, 0, 0, 1, 2)
    ),
    "the purchase of another key": lambda case: case.purchases.update(p1="another"),
    "a hold that holds nothing": lambda case: setattr(case, "wallet", replace(case.wallet, held=0)),
    "what the ledger's own check finds": lambda case: case.imbalances.append("verify_ledger: no"),
    "a balance in Firestore that never was": lambda case: case.sights.insert(1, Sight(0, 249, 2, 3)),
    "an older balance after a newer": lambda case: case.sights.append(case.sights[0]),
    "one entry for two spends": lambda case: case.say_yes(
        "twin", Kind.SPEND, 20, id="e2", balance_after=230, seq=2
    ),
}


@pytest.mark.parametrize("what", WRONGS)
def test_what_is_not_as_it_was_answered_is_wrong(what: str):
    case = Case()
    WRONGS[what](case)
    assert case.judge().wrong


STALE: dict[str, Callable[[Case], object]] = {
    "a wallet without its document": lambda case: case.shown_wallet.clear(),
    "an old balance": lambda case: case.shown_wallet.update(tokenBalance=250),
    "an entry without its document": lambda case: case.documents.pop("e2"),
    "an entry's document of old": lambda case: case.documents.update(e2=case.documents["e1"]),
}


@pytest.mark.parametrize("what", STALE)
def test_what_firestore_does_not_show_is_stale(what: str):
    case = Case()
    STALE[what](case)
    assert case.judge().mirror_stale


def test_after_firestore_was_wiped_it_may_begin_anew():
    case = Case()
    case.sights += [Sight(1, 250, 1, 2), Sight(1, 182, 5, 9)]
    assert case.judge().is_clean


def test_a_second_answer_must_say_the_same():
    case = Case()
    spend = next(case.told.of(Kind.SPEND))
    case.told.acknowledge(spend, dict(spend.answer))
    assert case.judge().is_clean
    case.told.acknowledge(spend, {**spend.answer, "balance_after": 1})
    assert case.judge().wrong


def test_a_purchase_may_have_moved_on_when_it_is_answered_again():
    case = Case()
    purchase = next(case.told.of(Kind.PURCHASE))
    case.told.acknowledge(purchase, {**purchase.answer, "status": "settled"})
    assert case.judge().is_clean


def test_nobody_may_refuse_what_was_acknowledged():
    case = Case()
    case.told.refuse(next(case.told.of(Kind.SPEND)), {"code": "insufficient_tokens"})
    assert case.judge().wrong
