"""The database refuses what nobody may do to lots and holds, to the tables' owner and superuser as well."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from tests.support.database import as_owner
from tests.tokens.conftest import Bank
from tests.tokens.test_guards import execute, refused
from tokens.kinds import ServiceCall
from tokens.queries.integrity import find_imbalances
from tokens.services import holds

TABLES = ("tokens_lot", "tokens_lotuse", "tokens_hold", "tokens_holdlot", "tokens_wallet", "tokens_posting")
SPEND = "(SELECT id FROM tokens_entry WHERE type = 'spend')"
LOT = (
    "INSERT INTO tokens_lot"
    " (id, account_id, entry_id, kind, amount, remaining, held, cost_cents, seq, last_seq, opened_at)"
    " SELECT gen_random_uuid(), account_id, {entry}, 'bonus', 5, {remaining}, {held}, 0, 9, 9, now() FROM tokens_wallet"
)


@pytest.fixture
def books(bank: Bank) -> Iterator[Bank]:
    """A wallet with a lot, a use and a placed hold; after the test not a byte of them may differ."""
    bank.credit(100, reference="purchase:1")
    bank.spend(30, reference="spend:1")
    now = timezone.now()
    call = ServiceCall("renderer", "k", "Because")
    holds.place(user_id=bank.alice.id, amount=20, expires_at=now + timedelta(hours=1), call=call, now=now)
    before = everything()
    yield bank
    assert everything() == before
    assert find_imbalances() == []


def everything() -> list[object]:
    rows: list[object] = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
            rows.append(cursor.fetchall())
    return rows


@pytest.mark.parametrize("table", ["tokens_lot", "tokens_lotuse", "tokens_hold", "tokens_holdlot"])
@pytest.mark.parametrize("statement", ["DELETE FROM {0}", "TRUNCATE {0} CASCADE"], ids=["delete", "truncate"])
def test_none_of_them_is_ever_removed(books: Bank, table: str, statement: str):
    assert "only ever added to" in refused(statement.format(table))


@pytest.mark.parametrize("table", ["tokens_lotuse", "tokens_holdlot"])
def test_what_was_used_and_reserved_never_changes(books: Bank, table: str):
    assert "only ever added to" in refused(f"UPDATE {table} SET amount = amount")


@pytest.mark.parametrize(
    "change",
    [
        "remaining = remaining + 1",
        "remaining = remaining + 1, last_seq = last_seq + 1",
        "last_seq = last_seq + 1",
        "amount = amount + 1",
        "cost_cents = 1",
        "kind = 'bonus'",
        "expires_at = now()",
        "seq = 9",
    ],
)
def test_a_lot_moves_only_by_an_entry(books: Bank, change: str):
    assert "move by an entry" in refused(f"UPDATE tokens_lot SET {change}")


def test_no_more_is_held_of_a_lot_than_there_is(books: Bank):
    assert "lot_held_within_remaining" in refused("UPDATE tokens_lot SET held = remaining + 1")


@pytest.mark.parametrize(("remaining", "held"), [(4, 0), (5, 1)])
def test_a_lot_opens_full_and_free(books: Bank, remaining: int, held: int):
    assert "opens full" in refused(LOT.format(entry=SPEND, remaining=remaining, held=held))


def test_a_lot_lies_in_an_account_that_is_there(books: Bank):
    nowhere = LOT.format(entry="gen_random_uuid()", remaining=5, held=0).replace(
        " account_id, gen", " gen_random_uuid(), gen"
    )
    assert "lies in no account" in refused(nowhere)


def test_a_lot_lies_in_no_account_of_a_table_that_only_inherits(books: Bank):
    account = "00000000-0000-8000-8000-00000000000f"
    lot = LOT.format(entry="gen_random_uuid()", remaining=5, held=0)
    assert "lies in no account" in refused(
        "CREATE TABLE elsewhere () INHERITS (tokens_account)",
        f"INSERT INTO elsewhere (id, kind) VALUES ('{account}', 'issuance')",
        lot.replace(" account_id, gen", f" '{account}', gen"),
    )


def test_a_lot_of_an_entry_that_never_comes_is_refused_at_commit(books: Bank):
    assert "foreign key" in refused(LOT.format(entry="gen_random_uuid()", remaining=5, held=0))


def test_an_entry_with_lines_gets_no_further_lot_or_use(books: Bank):
    assert "closed" in refused(LOT.format(entry=SPEND, remaining=5, held=0))
    use = (
        "INSERT INTO tokens_lotuse (entry_id, lot_id, amount, seq, remaining_after)"
        " SELECT (SELECT id FROM tokens_entry WHERE type = 'purchase'), id, -1, 9, 69 FROM tokens_lot"
    )
    assert "closed" in refused(use)


def test_an_entry_whose_lots_say_something_else_is_refused(books: Bank):
    entry = (
        "INSERT INTO tokens_entry (id, type, reference, request_hash, line_count, package_code, created_at)"
        " VALUES ('00000000-0000-7000-8000-00000000000a', 'adjustment', 'raw', '', 2, '', now())"
    )
    wallet = "UPDATE tokens_wallet SET balance = balance + 5, seq = seq + 1, version = version + 1, chain_hash = ''"
    lines = (
        "INSERT INTO tokens_posting"
        " (entry_id, line, amount, seq, balance_after, wallet_version, chain_hash, account_id)"
        " SELECT '00000000-0000-7000-8000-00000000000a'::uuid, 1, 5, seq, balance, version, ''::bytea, account_id"
        " FROM tokens_wallet UNION ALL SELECT '00000000-0000-7000-8000-00000000000a', 2, -5, NULL, NULL, NULL, NULL,"
        " '00000000-0000-8000-8000-000000000001'"
    )
    assert "its lots are not what its wallet gets" in refused(entry, wallet, lines)


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1",
        "service = 'thief'",
        "expires_at = expires_at + interval '1 day'",
        "status = 'placed'",
    ],
)
def test_of_a_hold_nothing_changes_but_its_end(books: Bank, change: str):
    assert "resolves once" in refused(f"UPDATE tokens_hold SET {change}")


def test_a_hold_that_is_over_stays_so(books: Bank):
    over = "UPDATE tokens_hold SET status = 'released', resolved_at = now()"
    assert "resolves once" in refused(over, over)


def test_a_hold_that_ends_without_its_wallet_is_refused_at_commit(books: Bank):
    assert "not what its holds say" in refused(
        "UPDATE tokens_hold SET status = 'released', resolved_at = now()"
    )


def test_a_wallet_that_holds_something_else_is_refused_at_commit(books: Bank):
    assert "not what its holds say" in refused(
        "UPDATE tokens_wallet SET held = held - 1, version = version + 1"
    )


def test_debt_does_not_move_without_an_entry(books: Bank):
    assert "moves by an entry" in refused("UPDATE tokens_wallet SET debt = 5, version = version + 1")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tokens_lot SET held = 0",
        "INSERT INTO tokens_hold SELECT * FROM tokens_hold",
        "DELETE FROM tokens_lotuse",
        "TRUNCATE tokens_holdlot",
        "SELECT hold_end(id, 'released', '', now()) FROM tokens_hold",
        "SELECT lots_use(gen_random_uuid(), account_id, 1, 1) FROM tokens_wallet",
    ],
)
def test_the_applications_role_may_not_even_try(books: Bank, statement: str):
    with pytest.raises(DatabaseError, match="permission denied"):
        execute(statement)


def test_no_function_of_the_bank_is_everybodys(books: Bank):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
            " AND p.proname ~ '^(ledger|lots?|hold|wallet|reversal|purchase)_' AND p.prorettype <> 'trigger'::regtype"
            " AND (p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) WHERE grantee = 0))"
        )
        assert cursor.fetchall() == []
