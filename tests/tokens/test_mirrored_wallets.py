"""What the documents of wallets and packages say, and whose they are."""

import uuid

import pytest
from django.utils import timezone

from identity.kinds import SYSTEM_ACTOR
from mirror.services.projections import registration_of
from tests.support.database import without_guards
from tests.support.shop import open_customer
from tokens import projections
from tokens.kinds import AccountKind, EntryType, FreezeCause, PackageTerms
from tokens.services import ledger
from tokens.services.packages import put_on_sale, retire
from tokens.services.wallets import freeze

TERMS = PackageTerms(name="Basic", description="", tokens=200, bonus_tokens=50, price_cents=1499)


def chunks_of(bank, limit: int):
    """A backlog from its start, chunk by chunk."""
    after, chunks = 0, []
    while True:
        chunk = projections.wallet_chunk(str(bank.wallet.account_id), after, limit)
        assert chunk is not None
        chunks.append(chunk)
        after = chunk.version
        if not chunk.more:
            return chunks


def hold_and_freeze(bank, *, held: int) -> None:
    """Neither moves tokens."""
    freeze(
        account_id=bank.wallet.account_id,
        cause=FreezeCause.STAFF,
        reference="1",
        reason="",
        actor=SYSTEM_ACTOR,
        now=timezone.now(),
    )
    with without_guards() as cursor:
        cursor.execute(
            "UPDATE tokens_wallet SET held = %s, version = version + 1 WHERE account_id = %s",
            [held, bank.wallet.account_id],
        )


def test_each_chunk_of_a_backlog_has_the_wallet_as_of_its_last_entry(bank):
    bank.credit(100, bonus=10)
    bank.spend(30)
    bank.credit(5)
    bank.spend(85)
    told = [
        (
            chunk.fields["tokenBalance"],
            chunk.fields["ledgerSeq"],
            chunk.fields["totalTokensPurchased"],
            chunk.fields["totalTokensEarned"],
            chunk.fields["totalTokensSpent"],
        )
        for chunk in chunks_of(bank, 1)
    ]
    assert told == [(110, 1, 100, 10, 0), (80, 2, 100, 10, 30), (85, 3, 105, 10, 30), (0, 4, 105, 10, 115)]


def test_a_past_balance_never_has_more_held_than_there_was(bank):
    bank.credit(10)
    bank.credit(20)
    bank.credit(70)
    hold_and_freeze(bank, held=25)
    chunks = chunks_of(bank, 1)
    assert [(each.fields["tokenBalance"], each.fields["tokensHeld"]) for each in chunks] == [
        (10, 10),
        (30, 25),
        (100, 25),
    ]
    assert {each.fields["walletStatus"] for each in chunks} == {"frozen"}
    assert chunks[-1].version == bank.wallet.version


def test_a_past_balance_has_the_debt_of_its_time(bank):
    bank.credit(70)
    for entry_type, lines in (
        (EntryType.REFUND, {AccountKind.REFUNDED: 100, AccountKind.DEBT: -30}),
        (EntryType.PURCHASE, {AccountKind.ISSUANCE: -50}),
        (EntryType.PURCHASE, {AccountKind.ISSUANCE: -1}),
    ):
        ledger.post(
            entry_type=entry_type,
            reference=str(uuid.uuid4()),
            account_id=bank.wallet.account_id,
            counter_lines=lines,
            now=timezone.now(),
        )
    told = [(each.fields["tokenBalance"], each.fields["tokenDebt"]) for each in chunks_of(bank, 1)[:-1]]
    assert told == [(70, 0), (0, 30), (50, 30), (20, 0)]


def test_a_wallet_that_is_none_has_no_document(bank):
    assert projections.wallet_chunk(str(uuid.uuid4()), 0, 1) is None
    assert projections.wallet_chunk("alice", 0, 1) is None


def test_every_wallet_is_enumerated_once_in_an_order_that_does_not_change(bank):
    for name in ("bob", "carol", "dora"):
        open_customer(name)
    wallets = registration_of("wallet").subjects
    everybody = list(wallets("", 100))
    assert str(bank.wallet.account_id) in everybody
    assert len(set(everybody)) == 4
    assert [*wallets("", 3), *wallets(everybody[2], 3)] == everybody
    assert list(wallets(everybody[-1], 3)) == []


@pytest.mark.django_db
def test_every_package_is_enumerated_the_retired_ones_too():
    for code in ("basic", "pro", "starter"):
        put_on_sale(code=code, terms=TERMS, now=timezone.now())
    retire(code="pro", now=timezone.now())
    packages = registration_of("package").subjects
    assert list(packages("", 2)) == ["basic", "pro"]
    assert list(packages("pro", 2)) == ["starter"]


def test_an_entrys_document_is_its_wallets_and_any_other_is_nobodys(bank):
    entry_id = bank.credit(10).entry_id
    whose = registration_of("wallet").subjects_of
    assert whose is not None
    mine = f"transactions/{entry_id}"
    others = [f"transactions/{uuid.uuid4()}", "transactions/x", f"transactions/{entry_id.hex}", str(entry_id)]
    assert whose([mine, *others]) == {mine: str(bank.wallet.account_id)}
