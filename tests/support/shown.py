"""Judges what Firestore shows of wallets, by the ledger: at the end, and in every commit that it ever took."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1 import types

from tests.support.firestore_proxy import FirestoreProxy
from tokens.models import Posting
from tokens.projections import wallet_chunk
from tokens.queries.wallets import WalletState


@dataclass(frozen=True)
class Shown:
    """A state of a wallet's document, and the seqs of the entries whose documents were committed with it."""

    seq: int
    balance: int
    entry_seqs: list[int]


def states_committed(proxy: FirestoreProxy) -> dict[str, list[Shown]]:
    """The states of each wallet's document, by its id, in the order in which Firestore took them."""
    states = defaultdict(list)
    for commit in sorted(proxy.commits, key=lambda each: each.nanos):
        documents = [types.Write.pb(write).update for write in commit.writes]
        seqs = [each.fields["seq"].integer_value for each in documents if "/transactions/" in each.name]
        for each in documents:
            if "/users/" in each.name:
                seq, balance = each.fields["ledgerSeq"], each.fields["tokenBalance"]
                state = Shown(seq.integer_value, balance.integer_value, seqs)
                states[each.name.rpartition("/")[2]].append(state)
    return states


def assert_existed_in_order(proxy: FirestoreProxy, wallets: Iterable[WalletState]) -> None:
    """Firestore was told only balances that existed, each once and with what led to it; the last is today's."""
    states = states_committed(proxy)
    for wallet in wallets:
        lines = Posting.objects.filter(account_id=wallet.account_id).values_list("seq", "balance_after")
        balances = {0: 0, **dict(lines)}
        shown_to = 0
        for state in states[wallet.document_id]:
            assert state.balance == balances[state.seq]
            assert state.entry_seqs == list(range(shown_to + 1, state.seq + 1))
            shown_to = state.seq
        assert shown_to == len(balances) - 1


def assert_shown(client: firestore.Client, wallet: WalletState) -> None:
    """Firestore has the wallet as it is, each of its entries, and no other document of its owner's."""
    chunk = wallet_chunk(str(wallet.account_id), 0, 1_000_000)
    assert chunk is not None
    assert chunk.fields.items() <= (client.document(chunk.subject_path).get().to_dict() or {}).items()
    found = client.collection("transactions").where(
        filter=firestore.FieldFilter("userId", "==", wallet.document_id)
    )
    shown: dict[str, Any] = {document.reference.path: document.to_dict() for document in found.stream()}
    assert shown.keys() == {document.path for document in chunk.documents}
    for document in chunk.documents:
        assert shown[document.path].pop("mirroredAt")
        assert shown[document.path] == document.fields
