"""What is posted while the clock runs: by the product, and one credit as plain ORM calls write the same rows."""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from foundation.ids import new_id
from mirror.models import OutboxRow
from tests.bench.people import PACKAGE, account_id_of, user_id_of
from tokens.kinds import SYSTEM_ACCOUNT_IDS, AccountKind, EntryType, LotKind, ServiceCall
from tokens.models import Entry, Lot, Posting, Wallet
from tokens.services import holds, ledger, spending
from tokens.services.bulk import Gift, grant_many

TOKENS, BONUS = 200, 50
SERVICE = "bench"
HOLD_LASTS = timedelta(hours=1)
BATCH = 100  # entries of one call
HOUSE = SYSTEM_ACCOUNT_IDS


def post_through_ledger(wallet: int) -> None:
    """The product's way."""
    purchase_id = new_id()
    posted = ledger.post(
        entry_type=EntryType.PURCHASE,
        reference=f"ours:{purchase_id}",
        account_id=account_id_of(wallet),
        counter_lines={AccountKind.ISSUANCE: -TOKENS, AccountKind.PROMOTIONS: -BONUS},
        purchase_id=purchase_id,
        package_code=PACKAGE,
        now=timezone.now(),
    )
    assert not posted.replayed


def spend(wallet: int) -> None:
    """A service spends a token."""
    spending.spend(user_id=user_id_of(wallet), amount=1, call=_call(), now=timezone.now())


def hold_and_capture(wallet: int) -> None:
    """A service sets a token aside, and then spends it."""
    now = timezone.now()
    hold = holds.place(
        user_id=user_id_of(wallet), amount=1, expires_at=now + HOLD_LASTS, call=_call(), now=now
    )
    holds.capture(service=SERVICE, hold_id=hold.id, key=str(new_id()), now=timezone.now())


def grant_a_hundred(first: int) -> None:
    """A hundred wallets get tokens by one call, as `seed_load` fills a ledger."""
    gifts = [
        Gift(f"batch:{new_id()}", account_id_of(number), TOKENS) for number in range(first, first + BATCH)
    ]
    assert grant_many(gifts=gifts, category=EntryType.PROMOTION, now=timezone.now()) == BATCH


def _call() -> ServiceCall:
    return ServiceCall(SERVICE, str(new_id()), "Measured")


def post_through_orm(number: int) -> None:
    """The same rows: entry, wallet, lots, postings with the chain's hash, outbox; under the same triggers."""
    account_id, now = account_id_of(number), timezone.now()
    with transaction.atomic():
        entry = _create_entry(account_id, now)
        wallet = Wallet.objects.select_for_update().get(account_id=account_id)
        _move(wallet, entry)
        wallet.save()
        Lot.objects.bulk_create(
            [_lot(wallet, entry, LotKind.PURCHASED, TOKENS), _lot(wallet, entry, LotKind.BONUS, BONUS)]
        )
        Posting.objects.bulk_create(
            [
                Posting(
                    entry=entry,
                    line=1,
                    account_id=account_id,
                    amount=TOKENS + BONUS,
                    seq=wallet.seq,
                    balance_after=wallet.balance,
                    wallet_version=wallet.version,
                    chain_hash=wallet.chain_hash,
                ),
                Posting(entry=entry, line=2, account_id=HOUSE[AccountKind.ISSUANCE], amount=-TOKENS),
                Posting(entry=entry, line=3, account_id=HOUSE[AccountKind.PROMOTIONS], amount=-BONUS),
            ]
        )
        _mark_stale(str(account_id), now)


def _create_entry(account_id: uuid.UUID, now: datetime) -> Entry:
    purchase_id = new_id()
    told = ("purchase", account_id, TOKENS + BONUS, "issuance,promotions", f"-{TOKENS},-{BONUS}")
    return Entry.objects.create(
        id=new_id(),
        type=EntryType.PURCHASE,
        reference=f"orm:{purchase_id}",
        request_hash=hashlib.sha256(_joined(*told, purchase_id, PACKAGE)).digest(),
        line_count=3,
        purchase_id=purchase_id,
        package_code=PACKAGE,
        created_at=now,
    )


def _lot(wallet: Wallet, entry: Entry, kind: LotKind, tokens: int) -> Lot:
    return Lot(
        id=new_id(),
        account_id=wallet.account_id,
        entry=entry,
        kind=kind,
        amount=tokens,
        remaining=tokens,
        seq=wallet.seq,
        last_seq=wallet.seq,
        opened_at=entry.created_at,
    )


def _move(wallet: Wallet, entry: Entry) -> None:
    wallet.balance += TOKENS + BONUS
    wallet.seq += 1
    wallet.version += 1
    wallet.total_purchased += TOKENS
    wallet.total_earned += BONUS
    wallet.updated_at = max(wallet.updated_at, entry.created_at)
    at = entry.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    told = (
        entry.id,
        entry.type,
        entry.reference,
        wallet.account_id,
        TOKENS + BONUS,
        wallet.seq,
        wallet.balance,
    )
    wallet.chain_hash = hashlib.sha256(bytes(wallet.chain_hash) + _joined(*told, at)).digest()


def _joined(*parts: object) -> bytes:
    return "|".join(map(str, parts)).encode()


def _mark_stale(subject_id: str, now: datetime) -> None:
    rows = OutboxRow.objects.filter(kind="wallet", subject_id=subject_id)
    if not rows.update(generation=F("generation") + 1, attempts=0, parked_at=None):
        OutboxRow.objects.create(kind="wallet", subject_id=subject_id, stale_since=now, due_at=now)


WAYS: Mapping[str, Callable[[int], None]] = {
    "ours": post_through_ledger,
    "orm": post_through_orm,
    "spend": spend,
    "hold": hold_and_capture,
    "batch": grant_a_hundred,
}
