"""What the wallet's and the packages' documents say, whole and in chunks."""

from uuid import uuid4

from tests.tokens.conftest import Bank
from tokens.models import Posting
from tokens.projections import package_chunk, wallet_chunk


def test_a_wallet_is_told_with_its_entries(sound_bank: Bank):
    purchase = uuid4()
    posted = sound_bank.credit(200, bonus=50, purchase=purchase)
    wallet = sound_bank.wallet

    chunk = wallet_chunk(str(wallet.account_id), 0, 10)

    assert chunk is not None
    assert (chunk.subject_path, chunk.version, chunk.more) == (
        f"users/{wallet.document_id}",
        wallet.version,
        False,
    )
    assert chunk.fields == {
        "tokenBalance": 250,
        "tokensHeld": 0,
        "totalTokensPurchased": 200,
        "totalTokensEarned": 50,
        "totalTokensSpent": 0,
        "ledgerSeq": 1,
        "walletVersion": wallet.version,
        "walletStatus": "active",
        "tokenDebt": 0,
        "tokensUpdatedAt": wallet.updated_at,
    }
    (document,) = chunk.documents
    assert document.path == f"transactions/{posted.entry_id}"
    assert (document.fields["amount"], document.fields["purchaseId"]) == (250, str(purchase))


def test_a_backlog_is_told_in_chunks_each_as_of_its_last_entry(sound_bank: Bank):
    balances = [sound_bank.credit(10, bonus=1).balance for _ in range(3)] + [
        sound_bank.spend(5).balance for _ in range(2)
    ]
    account = str(sound_bank.wallet.account_id)
    seen, version, more = [], 0, True

    while more:
        chunk = wallet_chunk(account, version, 2)
        assert chunk is not None
        seen.append(
            (chunk.fields["tokenBalance"], chunk.fields["ledgerSeq"], chunk.fields["totalTokensSpent"])
        )
        assert len(chunk.documents) <= 2
        assert chunk.fields["tokenBalance"] == chunk.documents[-1].fields["balanceAfter"]
        version, more = chunk.version, chunk.more

    assert seen == [(balances[1], 2, 0), (balances[3], 4, 5), (balances[4], 5, 10)]
    assert version == sound_bank.wallet.version


def test_a_wallet_that_is_up_to_date_has_no_new_documents(sound_bank: Bank):
    sound_bank.credit(5)

    chunk = wallet_chunk(str(sound_bank.wallet.account_id), sound_bank.wallet.version, 10)

    assert chunk is not None
    assert (chunk.documents, chunk.version) == ([], sound_bank.wallet.version)


def test_what_does_not_exist_has_no_documents(sound_bank: Bank):
    assert wallet_chunk(str(uuid4()), 0, 10) is None
    assert package_chunk("golden", 0, 10) is None


def test_postings_read_as_their_amount(sound_bank: Bank):
    sound_bank.credit(5)

    assert [str(line) for line in Posting.objects.order_by("line")] == ["+5", "-5"]
