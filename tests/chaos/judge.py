"""Judges a campaign by its own list: what was acknowledged and what was paid against the books and what is shown.

Pure: the same facts get the same verdict, and a test can plant a loss.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.facts import Books, Document, Entry, Payment, Shown, Sight, Wallet
from tests.chaos.told import Kind, Operation, Outcome, Told

CREDIT = "purchase"
POSTED = {Kind.SPEND: "spend", Kind.GRANT: "grant"}
ENDED = {Kind.CAPTURE: "captured", Kind.RELEASE: "released"}


@dataclass
class Verdict:
    """What is wrong, in words; nothing is wrong where all lists are empty."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    mirror_stale: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    @property
    def findings(self) -> Iterator[tuple[str, str]]:
        """Every finding with the name of its list."""
        for name, found in vars(self).items():
            for each in found:
                yield name, each

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.findings)


def judge(told: Told, payments: Sequence[Payment], books: Books, shown: Shown) -> Verdict:
    """Compare everything with everything."""
    verdict = Verdict(wrong=[*told.wrong, *books.imbalances])
    verdict.doubtful += [f"{each.kind} {each.key}" for each in told.of() if each.outcome is Outcome.DOUBTFUL]
    _judge_posted(verdict, told, books)
    _judge_holds(verdict, told, books)
    _judge_started(verdict, told, books)
    _judge_credits(verdict, payments, books)
    _judge_wallets(verdict, told, payments, books)
    _judge_shown(verdict, books, shown)
    return verdict


def acknowledged(told: Told, *kinds: Kind) -> list[Operation]:
    """The operations that were said yes to."""
    return [each for each in told.of(*kinds) if each.outcome is Outcome.ACKNOWLEDGED]


def _judge_posted(verdict: Verdict, told: Told, books: Books) -> None:
    """Spends and grants: each yes named an entry that is there, as it was answered, and there is no other."""
    entries = {entry.id: entry for entry in books.entries}
    told_ids: Counter[str] = Counter()
    for operation in acknowledged(told, *POSTED):
        told_ids[operation.answer["id"]] += 1
        entry = entries.get(operation.answer["id"])
        if entry is None:
            verdict.lost.append(f"{operation.kind} {operation.key}: no entry {operation.answer['id']}")
        elif (found := _of_entry(entry)) != (asked := _of_answer(operation)):
            verdict.wrong.append(f"{operation.kind} {operation.key}: {found}, and it was {asked}")
    verdict.wrong += [
        f"entry {each} answers {times} operations" for each, times in told_ids.items() if times > 1
    ]
    captures = {hold.label for hold in books.holds}
    others = [
        entry
        for entry in books.entries
        if entry.type in POSTED.values() and entry.id not in told_ids and entry.label not in captures
    ]
    _accuse_strangers(verdict, told, [(each.label, f"entry {each.id} ({each.type})") for each in others])


def _of_entry(entry: Entry) -> tuple[str, str, int, int, int]:
    return entry.type, entry.user, entry.amount, entry.balance_after, entry.seq


def _of_answer(operation: Operation) -> tuple[str, str, int, int, int]:
    amount = operation.amount if operation.kind is Kind.GRANT else -operation.amount
    answer = operation.answer
    return POSTED[operation.kind], operation.user, amount, answer["balance_after"], answer["seq"]


def _accuse_strangers(verdict: Verdict, told: Told, strangers: Iterable[tuple[str, str]]) -> None:
    """What is in the books and was not answered: the second of an operation, or nobody's."""
    known = {each.key: each.outcome for each in told.of()}
    for label, what in strangers:
        outcome = known.get(label)
        if outcome is Outcome.ACKNOWLEDGED:
            verdict.doubled.append(f"{what} is there beside the one that {label} was answered")
        elif outcome is not Outcome.DOUBTFUL:
            verdict.invented.append(f"{what} of {label or 'nobody'}, who was told {outcome or 'nothing'}")


def _judge_holds(verdict: Verdict, told: Told, books: Books) -> None:
    """Holds: each yes named a hold that is there; it stands as the last yes about it said."""
    holds = {hold.id: hold for hold in books.holds}
    placed = {each.answer["id"]: each for each in acknowledged(told, Kind.HOLD)}
    for hold_id, operation in placed.items():
        hold = holds.get(hold_id)
        if hold is None:
            verdict.lost.append(f"hold {operation.key}: no hold {hold_id}")
        elif (hold.user, hold.amount) != (operation.user, operation.amount):
            verdict.wrong.append(f"hold {operation.key}: {hold}")
    for operation in acknowledged(told, *ENDED):
        hold = holds.get(operation.subject)
        if hold is None or hold.status == "placed":
            verdict.lost.append(f"{operation.kind} {operation.key}: hold {operation.subject} is {hold}")
        elif (hold.status, hold.captured) != (ENDED[operation.kind], operation.amount):
            verdict.wrong.append(f"{operation.kind} {operation.key}: {hold}")
    strangers = [(hold.label, f"hold {hold.id}") for hold in books.holds if hold.id not in placed]
    _accuse_strangers(verdict, told, strangers)


def _judge_started(verdict: Verdict, told: Told, books: Books) -> None:
    """Purchases that were started: one row for each key, and the one that was answered."""
    for operation in acknowledged(told, Kind.PURCHASE):
        key = books.purchases.get(operation.answer["id"])
        if key is None:
            verdict.lost.append(f"purchase {operation.key}: no purchase {operation.answer['id']}")
        elif key != operation.key:
            verdict.wrong.append(f"purchase {operation.key}: it was answered that of {key}")
    rows = Counter(books.purchases.values())
    verdict.doubled += [f"{times} purchases under the key {key}" for key, times in rows.items() if times > 1]
    keys = {each.key for each in told.of(Kind.PURCHASE)}
    verdict.invented += [f"a purchase under the key {key}" for key in rows if key not in keys]


def _judge_credits(verdict: Verdict, payments: Sequence[Payment], books: Books) -> None:
    """What Stripe was paid is credited, once each, and what has gone back is back; nothing else is."""
    credited: dict[str, list[Entry]] = defaultdict(list)
    for entry in books.entries:
        if entry.type == CREDIT:
            credited[entry.purchase_id].append(entry)
    for payment in payments:
        found = credited.pop(payment.purchase_id, [])
        if not found:
            verdict.lost.append(f"purchase {payment.purchase_id} is paid and not credited")
        if len(found) > 1:
            verdict.doubled.append(f"purchase {payment.purchase_id} is credited {len(found)} times")
        verdict.wrong += [
            f"purchase {payment.purchase_id}: {entry.amount} tokens for {entry.user}, not {payment.tokens}"
            for entry in found
            if (entry.amount, entry.user) != (payment.tokens, payment.user)
        ]
        back = books.reversed_tokens.get(payment.purchase_id, 0)
        if back != (target := _target(payment)):
            verdict.wrong.append(f"purchase {payment.purchase_id}: {back} reversed, not {target}")
    verdict.invented += [f"purchase {each or 'of nobody'} is credited and not paid" for each in credited]


def _target(payment: Payment) -> int:
    return payment.tokens * min(payment.paid_cents, payment.back_cents) // payment.paid_cents


def _judge_wallets(verdict: Verdict, told: Told, payments: Sequence[Payment], books: Books) -> None:
    """Every wallet has what was bought, given, spent and taken back, and holds what is held."""
    owed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for payment in payments:
        owed[payment.user] += payment.tokens - _target(payment)
    for operation in acknowledged(told, Kind.GRANT, Kind.SPEND, Kind.CAPTURE):
        owed[operation.user] += operation.amount if operation.kind is Kind.GRANT else -operation.amount
    ended = {each.subject for each in acknowledged(told, *ENDED)}
    for operation in acknowledged(told, Kind.HOLD):
        if operation.answer["id"] not in ended:
            held[operation.user] += operation.amount
    doubtful = {each.user for each in told.of() if each.outcome is Outcome.DOUBTFUL}
    for user in (owed.keys() | held.keys() | books.wallets.keys()) - doubtful:
        wallet = books.wallets.get(user, Wallet(user, 0, 0, 0, 0, 0))
        found, expected = (wallet.balance - wallet.debt, wallet.held), (owed[user], held[user])
        if found != expected:
            verdict.wrong.append(f"wallet {user} has {found[0]}, holds {found[1]}; should be {expected}")


def _judge_shown(verdict: Verdict, books: Books, shown: Shown) -> None:
    """Firestore equals the ledger, and never showed a balance that did not exist, nor went back."""
    lines: dict[str, dict[int, int]] = defaultdict(lambda: {0: 0})
    for entry in books.entries:
        lines[entry.user][entry.seq] = entry.balance_after
        told = Document(entry.user, entry.type, entry.amount, entry.balance_after, entry.seq)
        if shown.entries.get(entry.id) != told:
            verdict.mirror_stale.append(f"entry {entry.id} of {entry.user}: {shown.entries.get(entry.id)}")
    known = {entry.id for entry in books.entries}
    verdict.invented += [f"Firestore shows an entry {each}" for each in shown.entries if each not in known]
    for user, wallet in books.wallets.items():
        document = shown.wallets.get(user, {})
        fields = {
            "tokenBalance": wallet.balance,
            "tokensHeld": wallet.held,
            "tokenDebt": wallet.debt,
            "ledgerSeq": wallet.seq,
            "walletVersion": wallet.version,
        }
        stale = {name: document.get(name) for name, value in fields.items() if document.get(name) != value}
        if stale:
            verdict.mirror_stale.append(f"wallet {user}: {stale}, and it is {fields}")
        verdict.wrong += _impossible(user, lines[user], shown.sights.get(user, ()))


def _impossible(user: str, balances: dict[int, int], sights: Sequence[Sight]) -> Iterator[str]:
    last: Sight | None = None
    for sight in sights:
        if balances.get(sight.seq) != sight.balance:
            yield f"Firestore showed {user} {sight.balance} at {sight.seq}, and it was {balances.get(sight.seq)}"
        if last and last.era == sight.era and (sight.version, sight.seq) < (last.version, last.seq):
            yield f"Firestore showed {user} version {sight.version} after {last.version}"
        last = sight
