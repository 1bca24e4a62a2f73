"""Everybody by every way over every collection; a short table says what of that is allowed."""

from collections.abc import Callable, Iterator

from tests.firestore.cases import CALLERS, EVERYBODY, OWNERS, Caller, Case
from tests.firestore.emulator import Project, collection_query

READ = ("get", "list")
WAYS = (*READ, "create", "update", "delete", "batch", "transaction", "transform")
PROFILE = ("get", "create", "update", "batch", "transaction", "transform")

# All that is allowed; profile writes leave the ledger's fields alone.
ALLOWED: dict[str, dict[tuple[str, ...], tuple[str, ...]]] = {
    "users": {OWNERS: PROFILE},
    "transactions": {OWNERS: READ},
    "packages": {EVERYBODY: READ},
    "security_alerts": {("staff",): READ},
    "other": {},
    "users/alice/private": {},
}
ENTRIES = {"alice": "a1", "account-id": "j1"}


def is_allowed(collection: str, caller: str, way: str) -> bool:
    return any(caller in callers and way in ways for callers, ways in ALLOWED[collection].items())


def matrix() -> Iterator[Case]:
    for collection in ALLOWED:
        for caller in CALLERS:
            for way in WAYS:
                yield Case(
                    f"{collection}: {way} by {caller.name}",
                    collection,
                    is_allowed(collection, caller.name, way),
                    _way(collection, caller, way),
                )


def _there(collection: str, caller: Caller) -> str:
    """The document of the caller's, or the one of alice's that they are after."""
    names = {
        "users": caller.user_id,
        "transactions": ENTRIES[caller.user_id],
        "packages": "basic",
        "security_alerts": "one",
        "other": "thing",
        "users/alice/private": "note",
    }
    return f"{collection}/{names[collection]}"


def _listing(collection: str, caller: Caller, project: Project) -> int:
    if collection == "users":  # the narrowest query there is: for the one document
        name = {"referenceValue": project.name(_there(collection, caller))}
        condition = {"field": {"fieldPath": "__name__"}, "op": "EQUAL", "value": name}
        narrow = collection_query("users") | {"where": {"fieldFilter": condition}}
        return project.query(narrow, caller.auth)
    if collection == "users/alice/private":
        return project.browse(collection, caller.auth)
    user_id = caller.user_id if collection in {"transactions", "other"} else ""
    return project.query(collection_query(collection, user_id=user_id), caller.auth)


def _way(collection: str, caller: Caller, way: str) -> Callable[[Project], int]:
    there, auth = _there(collection, caller), caller.auth
    profile, more = {"name": "Al"}, {"city": "Paris"}
    ways: dict[str, Callable[[Project], int]] = {
        "get": lambda project: project.get(there, auth),
        "list": lambda project: _listing(collection, caller, project),
        "create": lambda project: project.commit(
            [project.create(f"{collection}/unborn", profile)], caller.unborn
        ),
        "update": lambda project: project.commit([project.merge(there, profile)], auth),
        "delete": lambda project: project.commit([project.delete(there)], auth),
        "batch": lambda project: project.commit(
            [project.merge(there, profile), project.merge(there, more)], auth
        ),
        "transaction": lambda project: project.in_transaction(there, [project.merge(there, profile)], auth),
        "transform": lambda project: project.commit(
            [project.transform(there, "seenAt", setToServerValue="REQUEST_TIME")], auth
        ),
    }
    return ways[way]
