"""A movement looks its rows up, however little the planner knows of the tables: the ledger only grows."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.tokens.conftest import Bank
from tests.tokens.test_reversals import reverse
from tokens.kinds import ServiceCall
from tokens.models import Hold
from tokens.services import holds

ENTRIES = 2_000
SERVICE = "renderer"
LARGE = ("tokens_entry", "tokens_posting", "tokens_lot", "tokens_lotuse")
GIVE = """
    SELECT sum(ledger_grant_many('promotion', ARRAY[gen_random_uuid()], ARRAY['gift:' || number], ARRAY[%s]::uuid[],
                                 ARRAY[1]::bigint[], NULL, now()))
    FROM generate_series(1, %s) AS number
"""
READ_WHOLE = """
    SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = ANY (%s) AND seq_tup_read >= %s
"""


@pytest.fixture
def long_ledger(sound_bank: Bank) -> Bank:
    """Thousands of entries that nobody has analyzed, and a connection that has planned nothing yet."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE, [sound_bank.wallet.account_id, ENTRIES])
    connection.close()
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
            cursor.execute(READ_WHOLE, [list(LARGE), ENTRIES])
            assert cursor.fetchall() == []
