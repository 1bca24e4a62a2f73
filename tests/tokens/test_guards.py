"""The database refuses what nobody may do to the ledger, to the tables' owner and superuser as well."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from tests.support.database import as_owner
from tests.tokens.conftest import Bank
from tokens.kinds import SYSTEM_ACCOUNT_IDS
from tokens.queries.integrity import find_imbalances

NEW_ENTRY = """
INSERT INTO tokens_entry (id, type, reference, request_hash, line_count, package_code, created_at)
VALUES ('00000000-0000-7000-8000-00000000000a', 'adjustment', 'raw', '', {lines}, '', now())
"""
HOUSE_LINE = (
    "('00000000-0000-7000-8000-00000000000a', {line}, '00000000-0000-8000-8000-00000000000{house}', {amount})"
)
NEW_LINES = "INSERT INTO tokens_posting (entry_id, line, account_id, amount) VALUES "


@pytest.fixture
def books(bank: Bank) -> Iterator[Bank]:
    """A wallet with two entries; after the test not a byte of the ledger may differ."""
    bank.credit(100, reference="purchase:1")
    bank.spend(30, reference="spend:1")
    before = everything()
    yield bank
    assert everything() == before
    assert find_imbalances() == []


def everything() -> list[object]:
    rows: list[object] = []
    with connection.cursor() as cursor:
        for table in ("tokens_account", "tokens_wallet", "tokens_entry", "tokens_posting", "tokens_freeze"):
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            rows.append(cursor.fetchall())
    return rows


def refused(*statements: str) -> str:
    """Run the statements as the owner in one transaction, which must fail; answer the refusal's words."""
    with as_owner(), pytest.raises(DatabaseError) as refusal:
        execute(*statements)
    return str(refusal.value)


def execute(*statements: str) -> None:
    """Run the statements in one transaction, and commit it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("table", ["tokens_entry", "tokens_posting"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_entries_and_postings_are_only_ever_added_to(books: Bank, table: str, statement: str):
    column = "reference" if table == "tokens_entry" else "amount"
    assert "only ever added to" in refused(statement.format(table, column))


@pytest.mark.parametrize("table", ["tokens_account", "tokens_wallet"])
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "TRUNCATE {0} CASCADE"], ids=["delete", "truncate"])
def test_accounts_and_wallets_are_never_removed(books: Bank, table: str, statement: str):
    assert "only ever added to" in refused(statement.format(table))


def test_an_account_is_never_changed(books: Bank):
    assert "only ever added to" in refused(
        "UPDATE tokens_account SET kind = 'issuance' WHERE owner_id IS NOT NULL"
    )


@pytest.mark.parametrize("amounts", [(5, -4), (5, 5), (-1, -1)])
def test_lines_that_do_not_sum_to_zero_are_refused(books: Bank, amounts: tuple[int, int]):
    lines = [HOUSE_LINE.format(line=n, house=n, amount=amount) for n, amount in enumerate(amounts, 1)]
    assert "balanced, closed set" in refused(NEW_ENTRY.format(lines=2), NEW_LINES + ", ".join(lines))


def test_an_entry_filled_in_two_statements_is_refused(books: Bank):
    first, second = (HOUSE_LINE.format(line=n, house=n, amount=a) for n, a in ((1, 5), (2, -5)))
    assert "balanced, closed set" in refused(NEW_ENTRY.format(lines=2), NEW_LINES + first, NEW_LINES + second)


def test_lines_added_later_are_refused_though_they_balance(books: Bank):
    later = [
        f"((SELECT id FROM tokens_entry WHERE reference = 'purchase:1'), {line},"
        f" '00000000-0000-8000-8000-00000000000{house}', {amount})"
        for line, house, amount in ((4, 1, 5), (5, 2, -5))
    ]
    assert "balanced, closed set" in refused(NEW_LINES + ", ".join(later))


@pytest.mark.parametrize(
    ("entry", "account"),
    [
        ("00000000-0000-7000-8000-00000000000a", "00000000-0000-8000-8000-00000000000f"),
        ("00000000-0000-7000-8000-00000000000b", "00000000-0000-8000-8000-000000000002"),
    ],
    ids=["account", "entry"],
)
def test_lines_on_an_account_or_of_an_entry_that_is_not_there_are_refused(
    books: Bank, entry: str, account: str
):
    lines = f"('{entry}', 1, '00000000-0000-8000-8000-000000000001', 5), ('{entry}', 2, '{account}', -5)"
    assert "on no account, or of no entry" in refused(NEW_ENTRY.format(lines=2), NEW_LINES + lines)


@pytest.mark.parametrize("table", ["tokens_entry", "tokens_account"])
def test_an_entry_or_an_account_in_a_table_that_only_inherits_is_not_there(books: Bank, table: str):
    entry, house = NEW_ENTRY.format(lines=2), "00000000-0000-8000-8000-000000000002"
    elsewhere = f"CREATE TABLE elsewhere () INHERITS ({table})"
    if table == "tokens_entry":
        made = [elsewhere, entry.replace("tokens_entry", "elsewhere")]
    else:
        house = "00000000-0000-8000-8000-00000000000f"
        made = [elsewhere, f"INSERT INTO elsewhere (id, kind) VALUES ('{house}', 'issuance')", entry]
    lines = (
        "('00000000-0000-7000-8000-00000000000a', 1, '00000000-0000-8000-8000-000000000001', 5),"
        f" ('00000000-0000-7000-8000-00000000000a', 2, '{house}', -5)"
    )
    assert "on no account, or of no entry" in refused(*made, NEW_LINES + lines)


def test_an_entry_with_lines_in_a_table_that_only_inherits_has_none(books: Bank):
    line = "('00000000-0000-7000-8000-00000000000a', 1, '00000000-0000-8000-8000-000000000001', 5)"
    made = ("CREATE TABLE elsewhere () INHERITS (tokens_posting)", NEW_ENTRY.format(lines=2))
    assert "has no postings" in refused(*made, NEW_LINES.replace("tokens_posting", "elsewhere") + line)


def test_an_entry_that_moves_two_wallets_is_refused(books: Bank):
    lines = (
        "INSERT INTO tokens_posting"
        " (entry_id, line, account_id, amount, seq, balance_after, wallet_version, chain_hash)"
        " SELECT '00000000-0000-7000-8000-00000000000a'::uuid, n, account_id, amount, 90 + n, 0, 90, ''::bytea"
        " FROM tokens_wallet, (VALUES (1, 5), (2, -5)) AS l(n, amount)"
    )
    assert "balanced, closed set" in refused(NEW_ENTRY.format(lines=2), lines)


def test_the_houses_accounts_are_where_entries_look_for_them(books: Bank):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, id, ledger_house_account(kind) FROM tokens_account WHERE owner_id IS NULL"
        )
        found = cursor.fetchall()
    assert {kind: account_id for kind, account_id, _ in found} == SYSTEM_ACCOUNT_IDS
    assert {kind: account_id for kind, _, account_id in found} == SYSTEM_ACCOUNT_IDS


def test_an_entry_without_lines_is_refused_at_commit(books: Bank):
    assert "has no postings" in refused(NEW_ENTRY.format(lines=2))


def test_an_entry_of_an_unknown_type_is_refused(books: Bank):
    assert "entry_type_known" in refused(NEW_ENTRY.format(lines=2).replace("adjustment", "present"))


def test_a_line_of_nothing_is_refused(books: Bank):
    lines = [HOUSE_LINE.format(line=n, house=n, amount=0) for n in (1, 2)]
    assert "posting_moves_something" in refused(NEW_ENTRY.format(lines=2), NEW_LINES + ", ".join(lines))


@pytest.mark.parametrize(
    "change",
    [
        "balance = balance + 1, version = version + 1",
        "balance = 100, seq = 1, version = version + 1",
        "seq = seq + 2, version = version + 1",
        "total_purchased = 0, version = version + 1",
        "chain_hash = '', version = version + 1",
        "document_id = 'elsewhere', version = version + 1",
        "version = version - 1",
        "status = 'frozen'",
    ],
)
def test_a_balance_moves_only_by_an_entry(books: Bank, change: str):
    assert "moves by an entry" in refused(f"UPDATE tokens_wallet SET {change}")


def test_a_balance_that_no_posting_leads_to_is_refused_at_commit(books: Bank):
    change = "balance = balance + 1, seq = seq + 1, version = version + 1"
    assert "no posting leads to its balance" in refused(f"UPDATE tokens_wallet SET {change}")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("balance = -1, seq = seq + 1, version = version + 1", "wallet_balance_not_negative"),
        ("debt = -1, seq = seq + 1, version = version + 1", "wallet_debt_not_negative"),
        ("held = -1, version = version + 1", "wallet_held_within_balance"),
        ("held = balance + 1, version = version + 1", "wallet_held_within_balance"),
        ("status = 'molten', version = version + 1", "wallet_status_known"),
    ],
)
def test_a_wallet_stays_within_its_bounds(books: Bank, change: str, constraint: str):
    assert constraint in refused(f"UPDATE tokens_wallet SET {change}")


def test_a_wallet_opens_empty(books: Bank):
    statement = (
        "INSERT INTO tokens_wallet SELECT id, 'stolen', 'active', 1000, 0, 0, 0, 1, 0, 0, 0, '', now(), now()"
        " FROM tokens_account WHERE kind = 'debt'"
    )
    assert "opens empty" in refused(statement)


def test_a_second_account_of_a_house_kind_is_refused(books: Bank):
    assert "account_one_per_house_kind" in refused(
        "INSERT INTO tokens_account (id, kind) VALUES ('00000000-0000-7000-8000-00000000000b', 'issuance')"
    )


def test_a_used_reference_with_another_body_is_refused_by_the_function_itself(books: Bank):
    wallet = books.wallet.account_id
    words = refused(
        "SELECT ledger_post('00000000-0000-7000-8000-00000000000c', 'purchase', 'purchase:1',"
        f" '{wallet}', ARRAY['issuance'], ARRAY[-999]::bigint[], NULL, 'basic', now())"
    )
    assert "stands for another entry" in words


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tokens_wallet SET version = version + 1",
        "INSERT INTO tokens_entry SELECT * FROM tokens_entry",
        "DELETE FROM tokens_posting",
        "TRUNCATE tokens_posting",
        "ALTER TABLE tokens_posting DISABLE TRIGGER ALL",
        "DROP TRIGGER posting_immutable ON tokens_posting",
        "SET session_replication_role = replica",
        "ALTER FUNCTION ledger_refuse_change() RENAME TO harmless",
    ],
)
def test_the_applications_role_may_not_even_try(books: Bank, statement: str):
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        execute(statement)


def test_the_functions_are_nobodys_who_was_not_given_them(books: Bank):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p"
            " WHERE p.proname IN ('ledger_post', 'wallet_open', 'wallet_freeze', 'wallet_unfreeze')"
            " AND (p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) WHERE grantee = 0))"
        )
        assert cursor.fetchall() == []
