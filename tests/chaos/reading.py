"""Reads what the judge is given, past the product: PostgreSQL by its owner's SQL, Firestore and Stripe themselves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import grpc
import psycopg
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1 import types
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from sandbox.processes import SandboxError
from sandbox.stripe.client import SandboxControls
from tests.chaos import limits
from tests.chaos.facts import Books, Document, Entry, Hold, Payment, Shown, Sight, Wallet
from tests.chaos.installation import Installation
from tests.chaos.told import Told
from tests.support.firestore_proxy import Commit

PAID = "checkout.session.completed"
GOING_BACK = ("pending", "succeeded")
ENTRIES = """
    SELECT e.id::text, e.type, w.document_id, p.amount, p.balance_after, p.seq, coalesce(n.label, ''),
           coalesce(e.purchase_id::text, '')
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id JOIN tokens_wallet w ON w.account_id = p.account_id
    LEFT JOIN tokens_note n ON n.entry_id = e.id ORDER BY w.document_id, p.seq
"""
HOLDS = """
    SELECT h.id::text, w.document_id, h.amount, h.status, coalesce(h.captured, 0), coalesce(n.label, '')
    FROM tokens_hold h JOIN tokens_wallet w ON w.account_id = h.account_id LEFT JOIN tokens_note n ON n.hold_id = h.id
"""
WALLETS = "SELECT document_id, balance, held, debt, seq, version FROM tokens_wallet"
PURCHASES = "SELECT id::text, idempotency_key FROM payments_purchase"
REVERSED = """
    SELECT e.purchase_id::text, sum(p.amount)::bigint
    FROM tokens_entry e JOIN tokens_posting p ON p.entry_id = e.id JOIN tokens_account a ON a.id = p.account_id
    WHERE e.type IN ('refund', 'dispute', 'dispute_won') AND a.kind = 'refunded' GROUP BY e.purchase_id
"""
HANDLED = "SELECT count(*) FROM payments_inboxevent WHERE status IN ('processed', 'ignored')"
WAITING = """
    SELECT (SELECT count(*) FROM mirror_outboxrow)
         + (SELECT count(*) FROM payments_inboxevent
            WHERE status IN ('received', 'failed') AND coalesce(object_id, '') NOT LIKE 'poison%')
"""


def read_books(url: str, *, imbalances: Sequence[str] = ()) -> Books:
    """Read PostgreSQL at one moment."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        ask = connection.execute
        (handled,) = ask(HANDLED).fetchall()
        return Books(
            entries=[Entry(*row) for row in ask(ENTRIES)],
            holds=[Hold(*row) for row in ask(HOLDS)],
            wallets={row[0]: Wallet(*row) for row in ask(WALLETS)},
            purchases=dict(ask(PURCHASES).fetchall()),
            reversed_tokens={row[0]: int(row[1]) for row in ask(REVERSED)},
            imbalances=imbalances,
            told_by_stripe=handled[0],
        )


def find_imbalances(installation: Installation) -> list[str]:
    """What the product's own check of its ledger finds."""
    try:
        installation.manage("verify_ledger")
    except SandboxError as error:
        return [f"verify_ledger: {error}"]
    return []


def waiting(url: str) -> int:
    """How many subjects and events wait for a worker."""
    with psycopg.connect(url) as connection:
        (row,) = connection.execute(WAITING.encode()).fetchall()
    return int(row[0])


def read_payments(stripe: SandboxControls, told: Told) -> list[Payment]:
    """What Stripe was really paid, and what of it went back."""
    back: dict[str, int] = defaultdict(int)
    for refund_id in told.refunds:
        refund = stripe.object(refund_id)
        if refund["status"] in GOING_BACK:
            back[refund["payment_intent"]] += refund["amount"]
    for dispute_id in told.disputes:
        dispute = stripe.object(dispute_id)
        back[dispute["payment_intent"]] -= sum(each["amount"] for each in dispute["balance_transactions"])
    sessions = {
        event["data"]["object"]["id"]: event["data"]["object"] for event in stripe.events(event_type=PAID)
    }
    return [
        Payment(
            purchase_id=session["client_reference_id"],
            user=session["metadata"]["uid"],
            tokens=int(session["metadata"]["tokens"]) + int(session["metadata"]["bonus"]),
            paid_cents=session["amount_total"],
            back_cents=back[session["payment_intent"]],
        )
        for session in sessions.values()
        if session["payment_status"] == "paid" and session["id"].startswith("cs_")
    ]


def read_shown(installation: Installation) -> Shown:
    """Read all of Firestore, past the proxies, and what was committed to it."""
    channel = grpc.insecure_channel(installation.firestore_address)
    client = firestore.Client(project=installation.project, credentials=AnonymousCredentials())
    client._firestore_api_internal = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
    try:
        wallets = {
            each.id: each.to_dict() or {}
            for each in client.collection("users").stream(timeout=limits.READ_SECONDS_MAX)
        }
        entries = {
            each.id: _document(each.to_dict() or {})
            for each in client.collection("transactions").stream(timeout=limits.READ_SECONDS_MAX)
        }
    finally:
        channel.close()
    return Shown(wallets, entries, sights([*installation.wiped, installation.firestore_calls.commits]))


def _document(fields: Mapping[str, Any]) -> Document:
    return Document(fields["userId"], fields["type"], fields["amount"], fields["balanceAfter"], fields["seq"])


def sights(eras: Sequence[Sequence[Commit]]) -> dict[str, list[Sight]]:
    """Every state of each wallet's document, in the order in which Firestore took them; a wipe begins an era."""
    found: dict[str, list[Sight]] = defaultdict(list)
    for era, commits in enumerate(eras):
        for commit in sorted(commits, key=lambda each: each.nanos):
            for write in commit.writes:
                update = types.Write.pb(write).update
                if "/users/" in update.name:
                    found[update.name.rpartition("/")[2]].append(_sight(era, update.fields))
    return found


def _sight(era: int, fields: Mapping[str, Any]) -> Sight:
    numbers = (int(fields[name].integer_value) for name in ("tokenBalance", "ledgerSeq", "walletVersion"))
    return Sight(era, *numbers)
