"""Opens wallets."""

import uuid
from datetime import datetime

from django.db import connection

from foundation.ids import new_id
from identity.queries.users import document_id_of
from tokens.errors import WalletNotFound
from tokens.queries.wallets import WalletState, wallet_of


def open_wallet(*, user_id: uuid.UUID, document_id: str, now: datetime) -> uuid.UUID:
    """Open the customer's wallet, or find it; answer its account's id. Safe to repeat and to race.

    `document_id` names the wallet's document in Firestore and never changes afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallet_open(%s, %s, %s, %s)", (new_id(), user_id, document_id, now))
        account_id: uuid.UUID = cursor.fetchone()[0]
    return account_id


def ensure_wallet(*, user_id: uuid.UUID, now: datetime) -> WalletState:
    """The customer's wallet, opened now if that never happened (people who were made at the command line)."""
    try:
        return wallet_of(user_id)
    except WalletNotFound:
        open_wallet(user_id=user_id, document_id=document_id_of(user_id), now=now)
        return wallet_of(user_id)
