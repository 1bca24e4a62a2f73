"""What is asked of the security rules: who, how, of which document, and whether it may be."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.firestore.emulator import Content, Project, Write, token

TOKEN_FIELDS = [
    "tokenBalance",
    "tokensHeld",
    "totalTokensPurchased",
    "totalTokensEarned",
    "totalTokensSpent",
    "ledgerSeq",
    "walletVersion",
    "walletStatus",
    "tokenDebt",
    "tokensUpdatedAt",
]
WALLET: Content = {**dict.fromkeys(TOKEN_FIELDS, 10), "name": "Alice"}
DOCUMENTS: dict[str, Content] = {
    "users/alice": WALLET,
    "users/account-id": WALLET,
    "users/bob": {"name": "Bob", "tokenBalance": 3},
    "users/bare": {"name": "Bare"},
    "users/alice/private/note": {"userId": "alice"},
    "transactions/a1": {"userId": "alice", "amount": 5},
    "transactions/a2": {"userId": "alice", "amount": 7},
    "transactions/b1": {"userId": "bob", "amount": 5},
    "transactions/j1": {"userId": "account-id", "amount": 5},
    "transactions/nobodys": {"userId": "", "amount": 5},
    "transactions/without": {"amount": 5},
    "transactions/a1/parts/one": {"userId": "alice"},
    "packages/basic": {"tokens": 200, "on_sale": True},
    "packages/basic/prices/now": {"userId": "alice"},
    "security_alerts/one": {"userId": "alice", "kind": "bad_signatures"},
    "security_alerts/one/notes/first": {"userId": "alice"},
    "other/thing": {"userId": "alice"},
}
ALICE, BOB, STAFF = token("alice"), token("bob"), token("root", staff=True)
JOINED = token("firebase-uid", wallet_id="account-id")
BOTH = token("alice", wallet_id="account-id")


Ask = Callable[[Project], int]  # what answers a status
Writes = Callable[[Project], list[Write]]


@dataclass(frozen=True)
class Case:
    """One question to the rules. `collection` is the one whose rules answer it."""

    name: str
    collection: str
    allowed: bool
    ask: Ask


@dataclass(frozen=True)
class Caller:
    """Who asks. Their document in `users` is there; `unborn` is who they are where it is not."""

    name: str
    auth: str | None
    unborn: str | None
    user_id: str = "alice"  # whose rows they ask for


CALLERS = [
    Caller("nobody", None, None),
    Caller("owner", ALICE, token("unborn")),
    Caller("owner by claim", JOINED, token("firebase-uid", wallet_id="unborn"), user_id="account-id"),
    Caller("other", BOB, BOB),
    Caller("staff", STAFF, STAFF),
]
OWNERS = ("owner", "owner by claim")
EVERYBODY = tuple(caller.name for caller in CALLERS)


def seeded(project: Project) -> Project:
    """The project with these documents and no others."""
    project.clear()
    project.seed(DOCUMENTS)
    return project


def denied(collection: str, name: str, ask: Ask) -> Case:
    return Case(f"{collection}: {name}", collection, allowed=False, ask=ask)


def allowed(collection: str, name: str, ask: Ask) -> Case:
    return Case(f"{collection}: {name}", collection, allowed=True, ask=ask)


# How to ask


def get(path: str, auth: str | None) -> Ask:
    return lambda project: project.get(path, auth)


def batch_get(paths: list[str], auth: str | None) -> Ask:
    return lambda project: project.batch_get(paths, auth)


def browse(collection: str, auth: str | None) -> Ask:
    return lambda project: project.browse(collection, auth)


def query(asked: Content, auth: str | None) -> Ask:
    return lambda project: project.query(asked, auth)


def count(asked: Content, auth: str | None) -> Ask:
    return lambda project: project.count(asked, auth)


def commit(writes: Writes, auth: str | None) -> Ask:
    return lambda project: project.commit(writes(project), auth)


def in_transaction(path: str, writes: Writes, auth: str | None) -> Ask:
    return lambda project: project.in_transaction(path, writes(project), auth)
