"""A file of grants: each row's outcome is known before anything is done, and each good row is granted once."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backoffice import limits
from backoffice.errors import GrantFileMalformed, NothingToGrant
from backoffice.kinds import Effect
from backoffice.models import Proposal, ProposedGrant
from backoffice.queries.grants import plan
from backoffice.rules.grant_file import decode, read
from backoffice.services.completion import complete_approved
from backoffice.services.orders import grants
from backoffice.services.orders.grants import GrantsOrder, OneGrant, carry_out_batch
from backoffice.services.proposals import approve, needs_another, submit
from identity.errors import ActionNotAllowed
from identity.kinds import SYSTEM_ACTOR, Actor
from identity.models import AuditRecord, User
from tests.support.database import as_owner
from tests.support.shop import open_customer
from tests.support.staff import member
from tests.tokens.conftest import Bank
from tokens.kinds import EntryType, FreezeCause
from tokens.models import Entry
from tokens.queries.wallets import wallet_of
from tokens.services import reversals, wallets

FACTS: dict[str, Any] = {"reason": "A winter gift.", "now": timezone.now()}


def rows(text: str) -> list[tuple[int, str, bool]]:
    return [(row.number, row.outcome, row.is_good) for row in plan(read(text))]


def order_of(text: str) -> GrantsOrder:
    kept = [OneGrant(row.number, row.account_id, row.tokens) for row in plan(read(text)) if row.account_id]
    return GrantsOrder(EntryType.PROMOTION, tuple(kept))


def test_each_row_says_what_it_would_do(bank: Bank):
    bob = open_customer("bob")
    User.objects.filter(id=bob.id).update(firebase_uid="uid-of-bob")
    walletless = User.objects.create(email="nobody@example.com")
    bank.credit(10)
    text = (
        "\ufeffUser, tokens\n"
        f"ALICE@example.com,5\n\n{bob.id},7\nuid-of-bob,1\nghost@example.com,5\n{walletless.id},5\n"
        "alice@example.com,0\nalice@example.com,-3\nalice@example.com,1.5\nalice@example.com\n,5\n"
        f"alice@example.com,{limits.GRANT_TOKENS_MAX + 1}\nnul\x00,5\n"
    )

    assert rows(decode(text.encode())) == [
        (2, "10 → 15", True),
        (4, "0 → 7", True),
        (5, "Row 4 is for the same customer", False),
        (6, "Nobody has this address or id", False),
        (7, "They have no wallet yet", False),
        (8, "A grant gives at least one token", False),
        (9, "A grant gives at least one token", False),
        (10, "The tokens are no whole number", False),
        (11, "It has 1 columns, and not 2", False),
        (12, "It names no customer", False),
        (13, "A grant gives at most 1,000,000 tokens", False),
        (14, "Nobody has this address or id", False),
    ]


def test_a_frozen_wallet_and_a_debt_are_told(bank: Bank, maker: Actor):
    purchase = uuid.uuid4()
    bank.credit(10, purchase=purchase)
    bank.spend(10)
    facts: dict[str, Any] = {"cause": EntryType.REFUND, "reference": "refund:re_1", "now": timezone.now()}
    reversals.reverse_to(purchase_id=purchase, target_tokens=10, **facts)
    wallets.freeze(
        account_id=bank.wallet.account_id,
        cause=FreezeCause.RULE,
        reference="1",
        reason="Until we know more.",
        actor=SYSTEM_ACTOR,
        now=timezone.now(),
    )
    ((_, outcome, is_good),) = rows("user,tokens\nalice@example.com,25")
    assert is_good
    assert outcome == (
        "0 → 25; the wallet is frozen: they arrive, and wait with the rest; 10 of them repay a debt"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The first row has to be: user, tokens. It is: nothing."),
        (b"email;tokens\na;5", "It is: email;tokens."),
        (b"user,tokens\n\n", "The file has no row below its header."),
        (b"user,tokens\nJos\xe9@example.com,5", "The file is not UTF-8 (its byte 16 is not)"),
        (b'user,tokens\n"a,5', "The file is not CSV"),
        (b"user,tokens\n" + b"a,1\n" * (limits.GRANT_ROWS_MAX + 1), "2,001 rows, and 2,000 is the most"),
        (b"x" * (limits.GRANT_FILE_BYTES_MAX + 1), "larger than 256 KiB"),
    ],
    ids=["empty", "header", "no_rows", "encoding", "quotes", "rows", "bytes"],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(content: bytes, words: str):
    with pytest.raises(GrantFileMalformed) as refused:
        read(decode(content))
    assert words in refused.value.detail


def test_a_few_tokens_are_granted_at_once_and_once(bank: Bank, maker: Actor):
    open_customer("bob")
    order, key = order_of("user,tokens\nalice@example.com,600\nbob@example.com,400"), uuid.uuid4()

    for _ in range(2):
        assert submit(order=order, key=key, maker=maker, **FACTS).proposal is None

    assert bank.wallet.balance == 600
    assert list(Entry.objects.order_by("reference").values_list("reference", "type")) == [
        (f"proposal:{key}:2", "promotion"),
        (f"proposal:{key}:3", "promotion"),
    ]
    assert AuditRecord.objects.filter(action="tokens.grant_many", subject_id=str(key)).exists()
    assert order.foresee(now=timezone.now()) == [
        Effect("Customers who get tokens", "2"),
        Effect("Tokens given in all", "1,000"),
    ]


def test_several_files_of_a_person_add_up_within_a_day(bank: Bank, maker: Actor):
    few, keys = order_of("user,tokens\nalice@example.com,600"), [uuid.uuid4() for _ in range(3)]
    now = timezone.now()
    assert submit(order=few, key=keys[0], maker=maker, **FACTS).proposal is None

    second = submit(order=few, key=keys[1], maker=maker, **FACTS).proposal
    assert second
    assert bank.wallet.balance == 600
    assert submit(order=few, key=keys[0], maker=maker, **FACTS).proposal is None, "done before, once"
    assert not needs_another(order=few, maker=member("erin", "tokens.grant_many"), now=now), "another's day"
    assert not needs_another(order=few, maker=maker, now=now + limits.GRANTS_ALONE_WINDOW)
    assert bank.wallet.balance == 600


def test_what_another_agreed_to_counts_for_no_ones_day(bank: Bank, maker: Actor, checker: Actor):
    many = order_of("user,tokens\nalice@example.com,1001")
    proposal = submit(order=many, key=uuid.uuid4(), maker=maker, **FACTS).proposal
    assert proposal
    approve(proposal_id=proposal.id, seen_seq=None, answer="", checker=checker, now=timezone.now())

    few = order_of("user,tokens\nalice@example.com,1000")
    assert not needs_another(order=few, maker=maker, now=timezone.now())


def test_many_tokens_wait_for_another_and_are_given_batch_by_batch(
    bank: Bank, maker: Actor, checker: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(grants, "GRANT_BATCH", 2)
    people = [open_customer(name) for name in ("bob", "erin", "frank", "grace")]
    text = "user,tokens\n" + "".join(f"{person.email},400\n" for person in people)
    order, key = order_of(text), uuid.uuid4()
    assert needs_another(order=order, maker=maker, now=timezone.now())
    proposal = submit(order=order, key=key, maker=maker, **FACTS).proposal
    assert proposal
    assert (proposal.amount, proposal.account_id, proposal.request["rows"]) == (1_600, None, 4)
    assert [str(row) for row in proposal.grants.all()] == ["row 2", "row 3", "row 4", "row 5"]
    assert submit(order=order, key=key, maker=maker, **FACTS).proposal == proposal

    done = approve(proposal_id=key, seen_seq=None, answer="", checker=checker, now=timezone.now())

    assert done.done_at is None
    assert not Entry.objects.exists()  # a worker gives them
    assert order.outcome(key=key) == "0 of 4 customers have their tokens"
    assert carry_out_batch(proposal=done, now=timezone.now()) == 2  # then the worker dies
    assert order.outcome(key=key) == "2 of 4 customers have their tokens"
    assert complete_approved(now=timezone.now()) == 1
    assert complete_approved(now=timezone.now()) == 0

    assert Proposal.objects.get().done_at
    assert [wallet_of(person.id).balance for person in people] == [400] * 4
    assert Entry.objects.count() == 4


def test_a_batch_that_is_refused_keeps_no_other_proposal_from_its_turn(
    bank: Bank, maker: Actor, checker: Actor, monkeypatch: pytest.MonkeyPatch
):
    ids = []
    for account_id in (uuid.uuid4(), bank.wallet.account_id):
        order = GrantsOrder(EntryType.GRANT, (OneGrant(2, account_id, 5_000),))
        kept = submit(order=order, key=uuid.uuid4(), maker=maker, **FACTS).proposal
        assert kept
        approve(proposal_id=kept.id, seen_seq=None, answer="", checker=checker, now=timezone.now())
        ids.append(kept.id)

    assert complete_approved(now=timezone.now()) == 2

    assert [Proposal.objects.get(id=each).done_at is None for each in ids] == [True, False]
    assert bank.wallet.balance == 5_000


def test_a_file_that_grants_nothing_is_refused(bank: Bank, maker: Actor):
    with pytest.raises(NothingToGrant):
        submit(order=order_of("user,tokens\nghost,5"), key=uuid.uuid4(), maker=maker, **FACTS)
    viewer = member("erin")
    with pytest.raises(ActionNotAllowed):
        submit(order=order_of("user,tokens\nalice@example.com,5"), key=uuid.uuid4(), maker=viewer, **FACTS)
    assert not Entry.objects.exists()
    assert not Proposal.objects.exists()


def test_a_row_is_granted_as_it_was_proposed(bank: Bank, maker: Actor):
    order = GrantsOrder(EntryType.GRANT, (OneGrant(2, bank.wallet.account_id, 5_000),))
    submit(order=order, key=uuid.uuid4(), maker=maker, **FACTS)
    for change in ({"tokens": 9}, {"account_id": uuid.uuid4()}):
        with as_owner(), pytest.raises(IntegrityError, match="granted once"), transaction.atomic():
            ProposedGrant.objects.update(**change)
    ProposedGrant.objects.update(granted_at=timezone.now())
    with as_owner(), pytest.raises(IntegrityError, match="granted once"), transaction.atomic():
        ProposedGrant.objects.update(granted_at=None)
    with as_owner(), pytest.raises(IntegrityError, match="granted once"), transaction.atomic():
        ProposedGrant.objects.all().delete()
