"""A movement looks its rows up, however little the planner knows of the tables: the ledger only grows."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests.support.database import as_owner, tamper
from tests.support.shop import open_customer
from tests.tokens.conftest import Bank
from tests.tokens.test_reversals import reverse
from tokens.kinds import ServiceCall
from tokens.models import Hold
from tokens.queries.wallets import wallet_of
from tokens.services import holds

OTHERS = 50  # who have wallets, too
MOVEMENTS = 1_000  # of each kind, among them
PLANNED_AFTER = 6  # of the same statement PostgreSQL keeps one plan
SERVICE = "renderer"
LARGE = ("tokens_entry", "tokens_posting", "tokens_lot", "tokens_lotuse")
GIVE_AND_SPEND = """
    SELECT sum(ledger_grant_many('promotion', ARRAY[gen_random_uuid()], ARRAY[format('gift:%%s:%%s', wallet, number)],
                                 ARRAY[wallet], ARRAY[2]::bigint[], NULL, now()))
    FROM unnest(%(wallets)s::uuid[]) AS wallet, generate_series(1, %(each)s) AS number;
    SELECT count(ledger_post(gen_random_uuid(), 'spend', format('spend:%%s:%%s', wallet, number), wallet, '{redeemed}',
                             '{1}', NULL, '', now()))
    FROM unnest(%(wallets)s::uuid[]) AS wallet, generate_series(1, %(each)s) AS number
"""
GUARDS_THAT_MAY_SCAN = """
    SELECT proname FROM pg_proc
    WHERE proname = ANY (%s) AND NOT coalesce('enable_seqscan=off' = ANY (proconfig), false)
"""
LOOKING_GUARDS = (
    "ledger_check_entry",
    "ledger_check_held",
    "ledger_check_lot_step",
    "ledger_check_lots",
    "ledger_check_lots_are_in_time",
    "ledger_check_postings",
    "ledger_check_wallet_posting",
)
READ_WHOLE = """
    SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = ANY (%s) AND seq_tup_read >= %s
"""


def analyze() -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def grow() -> None:
    """Thousands of entries that nobody has analyzed, of many wallets."""
    wallets = [wallet_of(open_customer(f"other-{number}").id).account_id for number in range(OTHERS)]
    with connection.cursor() as cursor:
        cursor.execute(GIVE_AND_SPEND, {"wallets": wallets, "each": MOVEMENTS // OTHERS})


def planned_late(bank: Bank) -> None:
    """A connection that has planned nothing yet, on a long ledger that was last analyzed while it was short."""
    moved(bank)
    analyze()
    grow()
    connection.close()


def planned_early(bank: Bank) -> None:
    """A connection that has planned everything while the ledger was short and known to be; then it has grown.

    Autovacuum analyzes such a table within a minute, upon which PostgreSQL plans anew.
    """
    moved(bank)
    analyze()
    for _ in range(PLANNED_AFTER):
        moved(bank)
    grow()
    analyze()


@pytest.fixture(params=[planned_late, planned_early])
def long_ledger(sound_bank: Bank, request: pytest.FixtureRequest) -> Bank:
    """A wallet with thousands of entries, in tables that were new: those of tests before have pages without rows."""
    tamper(f"TRUNCATE {', '.join(LARGE)} CASCADE")
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


@pytest.mark.django_db
def test_guards_that_look_at_the_ledger_never_scan_it_not_even_before_it_is_analyzed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = ANY (%s)", [list(LOOKING_GUARDS)])
        assert cursor.fetchone() == (len(LOOKING_GUARDS),)
        cursor.execute(GUARDS_THAT_MAY_SCAN, [list(LOOKING_GUARDS)])
        assert cursor.fetchall() == []
