"""Google's client by itself: for each wallet one read and one commit that rests on it."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone
from google.cloud import firestore

from foundation.ids import new_id
from mirror.limits import DELIVERY_THREADS
from tests.bench.stage import Place

CALL_SECONDS_MAX = 10.0
TOKENS = 250


class BareFirestore:
    """A client, and the wallets of nobody that it writes."""

    def __init__(self, place: Place, *, count: int) -> None:
        self._client = firestore.Client(project=place.environment["GOOGLE_CLOUD_PROJECT"])
        self._wallets = [f"client-{number}" for number in range(count)]
        self._entries = 0

    def wallets_per_second(self) -> float:
        """Write every wallet with one more entry, on as many threads as the mirror has."""
        self._entries += 1
        started = time.perf_counter()
        with ThreadPoolExecutor(DELIVERY_THREADS) as pool:
            list(pool.map(self._write, self._wallets))
        return len(self._wallets) / (time.perf_counter() - started)

    def _write(self, wallet: str) -> None:
        reference = self._client.document(f"users/{wallet}")
        seen = reference.get(["walletVersion"], timeout=CALL_SECONDS_MAX)
        batch = self._client.batch()
        entry_id, now = new_id(), timezone.now()
        balance = TOKENS * self._entries
        batch.create(
            self._client.document(f"transactions/{entry_id}"),
            {
                "userId": wallet,
                "type": "purchase",
                "amount": TOKENS,
                "balanceAfter": balance,
                "seq": self._entries,
                "description": "Bought tokens: Basic",
                "purchaseId": str(entry_id),
                "createdAt": now,
                "mirroredAt": firestore.SERVER_TIMESTAMP,
            },
        )
        fields = {
            "tokenBalance": balance,
            "tokensHeld": 0,
            "totalTokensPurchased": balance,
            "totalTokensEarned": 0,
            "totalTokensSpent": 0,
            "ledgerSeq": self._entries,
            "walletVersion": self._entries + 1,
            "walletStatus": "active",
            "tokenDebt": 0,
            "tokensUpdatedAt": now,
        }
        if seen.exists:
            resting_on = self._client.write_option(last_update_time=seen.update_time)
            batch.update(reference, fields, option=resting_on)
        else:
            batch.create(reference, fields)
        batch.commit(timeout=CALL_SECONDS_MAX)
