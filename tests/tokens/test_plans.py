"""A movement looks its rows up, however little the planner knows of the tables: the ledger only grows."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.support.database import as_owner
from tests.tokens.conftest import Bank
from tests.tokens.test_reversals import reverse
from tokens.kinds import ServiceCall
from tokens.models import Hold
from tokens.services import holds

MOVEMENTS = 1_000  # of each kind
PLANNED_AFTER = 6  # of the same statement PostgreSQL keeps one plan
SERVICE = "renderer"
LARGE = ("tokens_entry", "tokens_posting", "tokens_lot", "tokens_lotuse")
GIVE_AND_SPEND = """
    SELECT sum(ledger_grant_many('promotion', ARRAY[gen_random_uuid()], ARRAY['gift:' || number],
                                 ARRAY[%(wallet)s]::uuid[], ARRAY[2]::bigint[], NULL, now()))
    FROM generate_series(1, %(count)s) AS number;
    SELECT count(ledger_post(gen_random_uuid(), 'spend', 'spend:' || number, %(wallet)s::uuid, '{redeemed}', '{1}',
                             NULL, '', now()))
    FROM generate_series(1, %(count)s) AS number
"""
READ_WHOLE = """
    SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = ANY (%s) AND seq_tup_read >= %s
"""


def grow(bank: Bank) -> None:
    """Thousands of entries that nobody has analyzed."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_AND_SPEND, {"wallet": bank.wallet.account_id, "count": MOVEMENTS})


def planned_late(bank: Bank) -> None:
    """A connection that has planned nothing yet, on a long ledger."""
    grow(bank)
    connection.close()


def planned_early(bank: Bank) -> None:
    """A connection that has planned everything while the ledger was short and known to be; then it has grown."""
    moved(bank)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for _ in range(PLANNED_AFTER):
        moved(bank)
    grow(bank)


@pytest.fixture(params=[planned_late, planned_early])
def long_ledger(sound_bank: Bank, request: pytest.FixtureRequest) -> Bank:
    """A wallet with thousands of entries."""
    request.param(sound_bank)
    return sound_bank


def moved(bank: Bank) -> None:
    """A purchase told twice, a spend, a hold captured and one released, and a refund in two steps."""
    now, purchase = timezone.now(), uuid4()
    for _ in range(2):
        bank.credit(200, bonus=50, purchase=purchase, reference=f"purchase:{purchase}")
    bank.spend(3)
    holds.capture(service=SERVICE, hold_id=placed(bank, now).id, key=str(uuid4()), now=now)
    holds.release(service=SERVICE, hold_id=placed(bank, now).id, key=str(uuid4()), now=now)
    for target in (100, 250):
        reverse(purchase, target, now=now)


def placed(bank: Bank, now: datetime) -> Hold:
    call = ServiceCall(SERVICE, str(uuid4()), "A picture")
    return holds.place(
        user_id=bank.alice.id, amount=5, expires_at=now + timedelta(hours=1), call=call, now=now
    )


def test_a_movement_reads_no_large_table_whole(long_ledger: Bank) -> None:
    with transaction.atomic():
        moved(long_ledger)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(READ_WHOLE, [list(LARGE), MOVEMENTS])
            assert cursor.fetchall() == []
