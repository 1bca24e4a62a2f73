"""The ways by which careless rules were got round elsewhere, and what must stay possible beside them."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.firestore.cases import (
    ALICE,
    BOTH,
    CALLERS,
    OWNERS,
    STAFF,
    TOKEN_FIELDS,
    WALLET,
    Ask,
    Case,
    allowed,
    batch_get,
    browse,
    commit,
    count,
    denied,
    get,
    in_transaction,
    query,
)
from tests.firestore.emulator import Project, Write, collection_query, token, value

MINE: dict[str, Any] = {"userId": "alice", "amount": 99, "tokens": 99, "on_sale": True}
STAFF_CLAIMS: list[dict[str, Any]] = [
    {"staff": "true"},
    {"staff": 1},
    {"staff": False},
    {"staff": {"is": True}},
    {"admin": True},
]
WALLET_CLAIMS: list[Any] = ["another", ["account-id"], {"account-id": True}, "", None]


def token_fields() -> Iterator[Case]:
    """Each of the ledger's fields, changed, added and removed in each way."""
    me = "users/alice"
    ways: dict[str, Callable[[Project, str], Write]] = {
        "merged": lambda p, field: p.merge(me, {field: 1_000_000}),
        "as another type": lambda p, field: p.merge(me, {field: "10"}),
        "as nothing": lambda p, field: p.merge(me, {field: None}),
        "as a map": lambda p, field: p.merge(me, {field: {"nested": 1}}),
        "removed by mask": lambda p, field: p.merge(me, {}, [field]),
        "beside the profile": lambda p, field: p.merge(me, {"name": "Al", field: 11}),
        "left out": lambda p, field: p.set(me, {key: it for key, it in WALLET.items() if key != field}),
        "stamped": lambda p, field: p.transform(me, field, setToServerValue="REQUEST_TIME"),
        "added": lambda p, field: p.merge("users/bare", {field: 1}),
        "merged into being": lambda p, field: p.merge("users/unborn", {"name": "U", field: 0}),
        "at birth": lambda p, field: p.create("users/unborn", {"name": "U", field: 0}),
    }
    selves = {"added": token("bare"), "at birth": token("unborn"), "merged into being": token("unborn")}
    for way, make in ways.items():
        auth = selves.get(way, ALICE)
        for field in TOKEN_FIELDS:
            yield denied("users", f"{field} {way}", _one_write(make, field, auth))


def reading() -> Iterator[Case]:
    """Wider queries than one's own rows, counts, groups, batches."""
    alices = collection_query("transactions", user_id="alice")
    for caller in CALLERS:
        auth, name = caller.auth, caller.name
        for collection in ("users", "transactions", "security_alerts", "packages"):
            group = collection_query(collection, everywhere=True)
            yield denied(collection, f"group by {name}", query(group, auth))
            if name in OWNERS:
                mine = collection_query(collection, everywhere=True, user_id=caller.user_id)
                yield denied(collection, f"own group by {name}", query(mine, auth))
        yield denied("users", f"browsed by {name}", browse("users", auth))
        yield denied("transactions", f"browsed by {name}", browse("transactions", auth))
        yield Case(
            f"transactions: alice's counted by {name}",
            "transactions",
            allowed=name == "owner",
            ask=count(alices, auth),
        )
        yield denied(
            "users",
            f"both gotten by {name}",
            batch_get(["users/alice", "users/bob", "users/account-id"], auth),
        )
    alerts = collection_query("security_alerts", user_id="alice")
    yield denied("security_alerts", "one's own by the owner", query(alerts, ALICE))
    for path, auth in (
        ("transactions/a1/parts/one", ALICE),
        ("packages/basic/prices/now", ALICE),
        ("security_alerts/one/notes/first", STAFF),
    ):
        yield denied(path.split("/")[0], f"below it, {path}", get(path, auth))


def claims() -> Iterator[Case]:
    """Claims that only look right, and rows of nobody's."""
    for claim in STAFF_CLAIMS:
        eve = token("eve", **claim)
        yield denied("security_alerts", f"get under {claim}", get("security_alerts/one", eve))
    for wallet_id in WALLET_CLAIMS:
        eve = token("bob", wallet_id=wallet_id)
        yield denied("users", f"get under wallet_id {wallet_id!r}", get("users/account-id", eve))
    other_claim = token("bob", wallet="account-id", walletId="account-id")
    yield denied("users", "get under another claim", get("users/account-id", other_claim))
    yield allowed("users", "the uid's own beside the claim", get("users/alice", BOTH))
    for entry in ("b1", "nobodys", "without", "none"):
        yield denied("transactions", f"{entry} by alice", get(f"transactions/{entry}", ALICE))


def profile() -> Iterator[Case]:
    """What the owner's app may do beside the ledger's fields."""

    def write(name: str, make: Callable[[Project], Write], auth: str = ALICE) -> Case:
        return allowed("users", name, commit(lambda p: [make(p)], auth))

    yield write("written back whole", lambda p: p.set("users/alice", {**WALLET, "name": "Alicia"}))
    yield write("a profile field dropped", lambda p: p.merge("users/alice", {}, ["name"]))
    yield write("a nested map", lambda p: p.merge("users/alice", {"settings": {"tokenBalance": 1}}))
    yield write("a name that only looks alike", lambda p: p.set("users/alice", {**WALLET, "tokenbalance": 1}))
    yield write(
        "a dot within a name", lambda p: p.merge("users/alice", {"tokenBalance.x": 1}, ["`tokenBalance.x`"])
    )
    yield write("both by claim", lambda p: p.merge("users/account-id", {"name": "Al"}), BOTH)


def balance() -> Iterator[Case]:
    """The ways by which careless rules let a balance through, by each who might try."""
    me, name = "users/alice", {"name": "Al"}
    ways: dict[str, Callable[[Project], list[Write]]] = {
        "increment": lambda p: [p.transform(me, "tokenBalance", increment=value(5))],
        "maximum": lambda p: [p.transform(me, "tokenBalance", maximum=value(500))],
        "minimum": lambda p: [p.transform(me, "tokenDebt", minimum=value(0))],
        "append": lambda p: [p.transform(me, "tokenBalance", appendMissingElements={"values": [value(1)]})],
        "remove": lambda p: [p.transform(me, "tokenBalance", removeAllFromArray={"values": [value(1)]})],
        "nested map": lambda p: [p.merge(me, {"tokenBalance": {"x": 1}}, ["tokenBalance.x"])],
        "quoted name": lambda p: [p.merge(me, {"tokenBalance": 99}, ["`tokenBalance`"])],
        "replaced": lambda p: [p.set(me, {"name": "Alice"})],
        "emptied": lambda p: [p.set(me, {})],
        "deleted and created": lambda p: [p.delete(me), p.set(me, {"tokenBalance": 99})],
        "deleted and created bare": lambda p: [p.delete(me), p.set(me, {"name": "Alice"})],
        "hidden in a batch": lambda p: [p.merge(me, name), p.merge(me, {"tokenBalance": 99})],
        "transformed on the way": lambda p: [
            {
                **p.merge(me, name),
                "updateTransforms": [{"fieldPath": "tokenBalance", "increment": value(5)}],
            }
        ],
    }
    for caller in CALLERS:
        if caller.name == "owner by claim":
            continue
        for way, make in ways.items():
            yield denied("users", f"balance {way} by {caller.name}", commit(make, caller.auth))
            yield denied(
                "users",
                f"balance {way} by {caller.name} in a transaction",
                in_transaction(me, make, caller.auth),
            )
    yield denied(
        "users", "balance in a bulk write", lambda p: p.batch_write([p.merge(me, {"tokenBalance": 9})], ALICE)
    )
    yield denied("users", "deleted in a bulk write", lambda p: p.batch_write([p.delete(me)], ALICE))
    yield denied(
        "users",
        "two of the ledger's fields swapped",
        commit(lambda p: [p.merge(me, {"tokenBalance": 11, "tokensHeld": 9})], ALICE),
    )
    yield denied(
        "users",
        "somebody else's in one's own batch",
        commit(lambda p: [p.merge(me, name), p.merge("users/bob", name)], ALICE),
    )


def ids() -> Iterator[Case]:
    """Document ids and uids that try to be read as other paths."""
    for uid, path in (
        ("alice/private/note", "users/alice/private/note"),
        ("alice/private", "users/alice/private/note"),
        ("{documentId}", "users/alice"),
        ("*", "users/alice"),
        ("Alice", "users/alice"),
        ("alice ", "users/alice"),
        ("ａlice", "users/alice"),  # noqa: RUF001 - a letter that looks like another
        ("../users/alice", "users/alice"),
        ("", "users/alice"),
    ):
        yield denied("users", f"{path} by {uid!r}", get(path, token(uid)))
        yield denied(
            "users",
            f"{path} under the claim {uid!r}",
            _profile_of(path, token("eve", wallet_id=uid)),
        )
    for collection in ("Users", "users2", "user", "wallets", "alerts"):
        path = f"{collection}/alice"
        yield denied("other", f"{path} by alice", _profile_of(path, ALICE))


def _one_write(make: Callable[[Project, str], Write], field: str, auth: str) -> Ask:
    return commit(lambda p: [make(p, field)], auth)


def _profile_of(path: str, auth: str) -> Ask:
    return commit(lambda p: [p.merge(path, {"name": "E"})], auth)


def _forged(path: str, auth: str | None) -> Ask:
    return commit(lambda p: [p.set(path, MINE)], auth)


def _raised(path: str, auth: str) -> Ask:
    return commit(lambda p: [p.transform(path, "amount", increment=value(5))], auth)


def server_only() -> Iterator[Case]:
    """What a customer might write to look richer, where only the server writes."""
    for path in (
        "transactions/unborn",
        "packages/unborn",
        "security_alerts/unborn",
        "users/alice/tokens/unborn",
    ):
        collection = path.split("/")[0]
        for caller in CALLERS:
            yield denied(
                collection,
                f"{path} forged by {caller.name}",
                _forged(path, caller.auth),
            )
    for path in ("transactions/a1", "packages/basic", "security_alerts/one"):
        yield denied(
            path.split("/")[0],
            f"{path} raised by its reader",
            _raised(path, STAFF if "alerts" in path else ALICE),
        )
    yield denied(
        "transactions",
        "an entry smuggled behind a profile write",
        commit(lambda p: [p.merge("users/alice", {"name": "Al"}), p.set("transactions/unborn", MINE)], ALICE),
    )
