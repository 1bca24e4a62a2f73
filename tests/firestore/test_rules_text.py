"""What firestore.rules says, read as text: these tests need no emulator, and run wherever the others cannot."""

import json
import re

import pytest

from tests.firestore.cases import TOKEN_FIELDS
from tests.firestore.emulator import RULES
from tests.firestore.matrix import ALLOWED
from tests.firestore.mutants import ALLOW, MATCH, bare

ROOT = RULES.parent
SOURCE = bare(RULES.read_text())
# What is asked beside the collections that have rules, where nothing may be allowed.
WITHOUT_RULES = {collection for collection, table in ALLOWED.items() if not table}
# The documents' fields, as the contract names them.
FIELDS = {
    "transactions": {"userId", "type", "createdAt", "seq"},
    "security_alerts": {"userId", "kind", "severity", "status", "createdAt", "updatedAt"},
}


def test_the_rules_are_of_the_version_in_which_a_wildcard_is_one_document() -> None:
    assert SOURCE.lstrip().startswith("rules_version = '2';")


def test_no_wildcard_reaches_below_a_document() -> None:
    assert "=**" not in SOURCE


def test_each_collection_has_one_block_and_nothing_else_has() -> None:
    blocks = [match["collection"] for match in MATCH.finditer(SOURCE)]
    assert sorted(blocks) == sorted(ALLOWED.keys() - WITHOUT_RULES)
    assert len(re.findall(r"\bmatch\b", SOURCE)) == len(blocks) + 1  # the database itself


def test_every_allow_line_has_a_condition() -> None:
    assert len(re.findall(r"\ballow\b", SOURCE)) == len(list(ALLOW.finditer(SOURCE)))


def test_only_a_profile_is_ever_written_and_each_line_says_how() -> None:
    """Allow lines are OR-ed: one broad `write` beside a strict `update` would open everything."""
    lines = [(match["methods"], match["condition"]) for match in ALLOW.finditer(SOURCE)]
    assert {condition for methods, condition in lines if methods in {"write", "delete"}} == {"false"}
    assert [methods for methods, _ in lines if methods in {"create", "update"}] == ["create", "update"]
    for methods, condition in lines:
        if methods in {"create", "update"}:
            assert condition.startswith("owns(documentId)"), methods
            assert condition.endswith(".hasAny(tokenFields())"), methods


def test_only_packages_are_for_everybody() -> None:
    public = re.findall(r"match /(\w+)/\{\w+\} \{\s*allow (\w+): if true;", SOURCE)
    assert public == [("packages", "read")]
    assert SOURCE.count("if true") == 1


def test_the_rules_name_the_ledgers_fields() -> None:
    listed = re.search(r"function tokenFields\(\)\s*\{\s*return \[(.*?)\];", SOURCE, re.DOTALL)
    assert listed is not None
    assert re.findall(r"'(\w+)'", listed[1]) == TOKEN_FIELDS


def test_what_is_deployed_is_what_is_tested() -> None:
    deployed = json.loads((ROOT / "firebase.json").read_text())["firestore"]
    assert deployed == {"rules": RULES.name, "indexes": "firestore.indexes.json"}


def test_indexes_are_of_fields_that_there_are() -> None:
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())
    assert declared["fieldOverrides"] == []
    for index in declared["indexes"]:
        # A group's index would serve queries that the rules deny.
        assert index["queryScope"] == "COLLECTION"
        assert {field["fieldPath"] for field in index["fields"]} <= FIELDS[index["collectionGroup"]]


@pytest.mark.parametrize(
    ("collection", "equal", "order"),
    [
        ("transactions", ["userId"], "createdAt"),
        ("transactions", ["userId"], "seq"),
        ("transactions", ["userId", "type"], "createdAt"),
        ("security_alerts", ["status"], "updatedAt"),
        ("security_alerts", ["userId"], "updatedAt"),
    ],
)
def test_what_apps_ask_for_has_an_index(collection: str, equal: list[str], order: str) -> None:
    wanted = [(field, "ASCENDING") for field in equal] + [(order, "DESCENDING")]
    declared = json.loads((ROOT / "firestore.indexes.json").read_text())["indexes"]
    assert wanted in [
        [(field["fieldPath"], field["order"]) for field in index["fields"]]
        for index in declared
        if index["collectionGroup"] == collection
    ]
