"""Whether Firestore's rules, as they are deployed, keep what the ledger says from every client."""

from collections.abc import Iterator

from mirror.gateways.client_side import may

PROBE = "smoke-test"  # no subject of ours has this id
NUMBER = {"integerValue": "1"}


def find_allowed_writes(token: str, *, uid: str) -> list[str]:
    """What a stranger, or the bearer of `token` whose uid is `uid`, may do and should not; empty: nothing.

    Makes calls to Firestore, so that it never runs inside a transaction. What is allowed is done, to documents
    that belong to nobody.

    :raises RulesUnknown: `rules_unknown`.
    """
    found = [] if may("GET", "packages?pageSize=1", token="") else ["read no packages as a stranger"]
    bearers = {"a stranger": "", "a customer": token} if token else {"a stranger": ""}
    for words, bearer in bearers.items():
        found += [f"{done} as {words}" for done in _allowed(bearer, uid)]
    return found


def _allowed(token: str, uid: str) -> Iterator[str]:
    for path, field in (
        (f"users/{uid}", "tokenBalance"),
        (f"transactions/{PROBE}", "amount"),
        (f"packages/{PROBE}", "price_cents"),
        (f"security_alerts/{PROBE}", "count"),
    ):
        if may("PATCH", path, token=token, fields={field: NUMBER}):
            yield f"write {path}"
    if may("DELETE", f"users/{uid}", token=token):
        yield f"delete users/{uid}"
