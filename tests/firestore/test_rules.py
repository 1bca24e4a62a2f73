"""firestore.rules on Google's emulator: who may read what, and that no client writes the ledger's fields."""

import re

import pytest

from tests.firestore.emulator import RULES, Project, token, value

pytestmark = pytest.mark.emulator

ALICE, BOB, STAFF = token("alice"), token("bob"), token("root", staff=True)
JOINED = token("firebase-uid", wallet_id="account-id")
OK, DENIED = 200, 403
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
WALLET = {**dict.fromkeys(TOKEN_FIELDS, 10), "name": "Alice"}


@pytest.fixture(scope="module")
def project() -> Project:
    """Documents of alice, bob and an account that joined Firebase late; tests that write clean up."""
    project = Project()
    project.seed("users/account-id", WALLET)
    for entry, owner in {"a1": "alice", "a2": "alice", "b1": "bob", "j1": "account-id"}.items():
        project.seed(f"transactions/{entry}", {"userId": owner, "amount": 5})
    project.seed("packages/basic", {"tokens": 200, "on_sale": True})
    project.seed("security_alerts/one", {"userId": "alice", "kind": "bad_signature"})
    project.seed("other/thing", {"userId": "alice"})
    return project


@pytest.fixture(autouse=True)
def wallets(project):
    """Every test finds the two wallets as they were."""
    project.seed("users/alice", WALLET)
    project.seed("users/bob", {"name": "Bob", "tokenBalance": 3})


# Reading


@pytest.mark.parametrize(
    ("path", "auth", "expected"),
    [
        ("users/alice", ALICE, OK),
        ("users/alice", BOB, DENIED),
        ("users/alice", None, DENIED),
        ("users/alice", STAFF, DENIED),
        ("users/account-id", JOINED, OK),
        ("users/account-id", token("bob", wallet_id="another"), DENIED),
        ("users/account-id", token("bob", wallet_id=["account-id"]), DENIED),
        ("users/alice/private/note", ALICE, DENIED),
        ("transactions/a1", ALICE, OK),
        ("transactions/a1", BOB, DENIED),
        ("transactions/a1", None, DENIED),
        ("transactions/j1", JOINED, OK),
        ("transactions/none", ALICE, DENIED),
        ("packages/basic", None, OK),
        ("packages/basic", ALICE, OK),
        ("security_alerts/one", STAFF, OK),
        ("security_alerts/one", ALICE, DENIED),
        ("security_alerts/one", None, DENIED),
        ("security_alerts/one", token("eve", staff="true"), DENIED),
        ("security_alerts/one", token("eve", staff=1), DENIED),
        ("security_alerts/one", token("eve", admin=True), DENIED),
        ("other/thing", ALICE, DENIED),
        ("other/thing", STAFF, DENIED),
    ],
)
def test_who_reads_a_document(project, path, auth, expected):
    assert project.get(path, auth) == expected


@pytest.mark.parametrize(
    ("collection", "where", "auth", "expected"),
    [
        ("transactions", ("userId", "alice"), ALICE, (OK, 2)),
        ("transactions", ("userId", "account-id"), JOINED, (OK, 1)),
        ("transactions", ("userId", "alice"), BOB, (DENIED, 0)),
        ("transactions", ("userId", "alice"), None, (DENIED, 0)),
        ("transactions", None, ALICE, (DENIED, 0)),
        ("users", None, ALICE, (DENIED, 0)),
        ("packages", None, None, (OK, 1)),
        ("security_alerts", None, STAFF, (OK, 1)),
        ("security_alerts", ("userId", "alice"), ALICE, (DENIED, 0)),
    ],
)
def test_who_queries_a_collection(project, collection, where, auth, expected):
    assert project.query(collection, where, auth) == expected


# The owner's profile, beside the ledger's fields


def test_the_owner_writes_a_profile_field(project):
    assert project.commit([project.merge("users/alice", {"name": "Alicia"})], ALICE) == OK
    assert project.content("users/alice")["name"] == value("Alicia")


def test_the_owner_under_the_claim_writes_a_profile_field(project):
    assert project.commit([project.merge("users/account-id", {"name": "Al"})], JOINED) == OK


def test_the_owner_creates_the_document_without_the_ledgers_fields(project):
    assert project.commit([project.set("users/new", {"name": "New"})], token("new")) == OK


def test_a_whole_document_written_back_unchanged_but_for_the_profile_passes(project):
    assert project.commit([project.set("users/alice", {**WALLET, "name": "Alicia"})], ALICE) == OK


@pytest.mark.parametrize("auth", [BOB, STAFF, None, JOINED], ids=["other", "staff", "nobody", "joined"])
def test_nobody_else_writes_a_profile(project, auth):
    assert project.commit([project.merge("users/alice", {"name": "Eve"})], auth) == DENIED
    assert project.commit([project.set("users/unborn", {"name": "Eve"})], auth) == DENIED


# The ledger's fields, by every way a client can write


@pytest.mark.parametrize("field", TOKEN_FIELDS)
def test_no_token_field_is_changed_added_or_removed(project, field):
    before = project.content("users/alice")
    for change in [
        project.merge("users/alice", {field: 1_000_000}),
        project.merge("users/alice", {field: "10"}),
        project.merge("users/alice", {field: {"nested": 1}}),
        project.merge("users/alice", {}, [field]),
        project.merge("users/alice", {"name": "Al", field: 11}),
        project.set("users/alice", {key: item for key, item in WALLET.items() if key != field}),
    ]:
        assert project.commit([change], ALICE) == DENIED
    assert project.commit([project.set(f"users/{field}", {field: 0})], token(field)) == DENIED
    assert project.content("users/alice") == before
    assert project.content(f"users/{field}") is None


def writes_of_a_balance(project):
    return {
        "increment": [project.transform("users/alice", "tokenBalance", increment=value(5))],
        "maximum": [project.transform("users/alice", "tokenBalance", maximum=value(500))],
        "server time": [project.transform("users/alice", "tokensUpdatedAt", setToServerValue="REQUEST_TIME")],
        "array": [
            project.transform("users/alice", "tokenBalance", appendMissingElements={"values": [value(1)]})
        ],
        "nested map": [project.merge("users/alice", {"tokenBalance": {"x": 1}}, ["tokenBalance.x"])],
        "replace": [project.set("users/alice", {"name": "Alice"})],
        "delete": [project.delete("users/alice")],
        "delete and create": [
            project.delete("users/alice"),
            project.set("users/alice", {"tokenBalance": 99}),
        ],
        "delete and create bare": [
            project.delete("users/alice"),
            project.set("users/alice", {"name": "Alice"}),
        ],
        "hidden in a batch": [
            project.merge("users/alice", {"name": "Al"}),
            project.merge("users/alice", {"tokenBalance": 99}),
        ],
        "update with a transform": [
            {
                **project.merge("users/alice", {"name": "Al"}),
                "updateTransforms": [{"fieldPath": "tokenBalance", "increment": value(5)}],
            }
        ],
    }


@pytest.mark.parametrize(
    "way",
    [
        "increment",
        "maximum",
        "server time",
        "array",
        "nested map",
        "replace",
        "delete",
        "delete and create",
        "delete and create bare",
        "hidden in a batch",
        "update with a transform",
    ],
)
@pytest.mark.parametrize("auth", [ALICE, STAFF, None], ids=["owner", "staff", "nobody"])
def test_no_way_leads_to_another_balance(project, way, auth):
    before = project.content("users/alice")
    assert project.commit(writes_of_a_balance(project)[way], auth) == DENIED
    assert project.content("users/alice") == before


def test_a_batch_write_of_single_writes_is_no_way_round(project):
    assert project.batch_write([project.merge("users/alice", {"tokenBalance": 99})], ALICE) == DENIED
    assert project.batch_write([project.delete("users/alice")], ALICE) == DENIED
    assert project.content("users/alice")["tokenBalance"] == value(10)


def test_one_denied_write_undoes_a_whole_batch(project):
    batch = [
        project.merge("users/alice", {"name": "Al"}),
        project.set("transactions/new", {"userId": "alice"}),
    ]
    assert project.commit(batch, ALICE) == DENIED
    assert project.content("users/alice")["name"] == value("Alice")


# What only the server writes


@pytest.mark.parametrize("auth", [ALICE, STAFF, None], ids=["customer", "staff", "nobody"])
@pytest.mark.parametrize(
    ("there", "new"),
    [
        ("transactions/a1", "transactions/new"),
        ("packages/basic", "packages/new"),
        ("security_alerts/one", "security_alerts/new"),
        ("other/thing", "other/new"),
        ("users/alice/private/note", "users/alice/tokens/new"),
    ],
)
def test_only_the_server_writes_here(project, auth, there, new):
    before = project.content(there)
    mine = {"userId": "alice", "tokenBalance": 99}
    for change in [project.set(new, mine), project.merge(there, mine), project.delete(there)]:
        assert project.commit([change], auth) == DENIED
    assert project.commit([project.transform(there, "amount", increment=value(5))], auth) == DENIED
    assert project.content(there) == before
    assert project.content(new) is None


# The file itself


def test_every_allow_line_of_a_write_names_what_it_allows():
    """Allow lines are OR-ed: one broad `write` beside a strict `update` would open everything."""
    source = re.sub(r"//.*", "", RULES.read_text())
    lines = re.findall(r"allow ([a-z, ]+)(?::\s*if\s+([^;]+))?;", source)
    assert len(lines) == 10
    assert all(condition.strip() == "false" for methods, condition in lines if "write" in methods)
    assert sum("update" in methods for methods, _ in lines) == 1
    assert sum("create" in methods for methods, _ in lines) == 1


def test_the_rules_name_the_fields_that_the_contract_names():
    source = RULES.read_text()
    listed = re.search(r"function tokenFields\(\)\s*\{\s*return \[(.*?)\];", source, re.DOTALL)
    assert listed is not None
    assert re.findall(r"'(\w+)'", listed[1]) == TOKEN_FIELDS
