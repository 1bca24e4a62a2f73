"""Makes purchases again that a restored database has lost, from what Stripe remembers of them.

Our own API key reads what we ourselves wrote there, so that it is believed as a row of ours would be; settlement
judges the payment as ever. Repeating it changes nothing.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from identity.services.reopening import reopen_account
from payments.gateways.stripe_sales import Sale, list_sales
from payments.kinds import PurchaseStatus
from payments.models import PackagePublication, Purchase
from payments.services.settlement import settle_purchase
from tokens.queries.packages import package_of
from tokens.services.wallets import ensure_wallet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovery:
    """How many sales Stripe told, which purchases were made again, and which could not be."""

    looked_at: int
    made: list[str]
    left: list[str]


def recover_purchases(*, since: datetime, now: datetime) -> Recovery:
    """Make every purchase again that Stripe knows of and we do not, with its buyer's account, and settle it.

    :raises PaymentsUnavailable: `payments_unavailable`: what was made stays, and the same call goes on.
    :raises ListTooLong: `list_too_long`: nothing was made.
    """
    sales = list_sales(since=since, site=settings.SITE_URL)
    known = set(
        Purchase.objects.filter(id__in=[sale.purchase_id for sale in sales]).values_list("id", flat=True)
    )
    made: list[str] = []
    left: list[str] = []
    for sale in reversed(sales):  # the oldest first, as they were made
        if sale.purchase_id not in known:
            (made if _recover(sale, now) else left).append(str(sale.purchase_id))
    return Recovery(looked_at=len(sales), made=made, left=left)


def _recover(sale: Sale, now: datetime) -> bool:
    """Make one; a package that is lost too has to be published first."""
    if package_of(sale.session.package_code) is None:
        return False
    with transaction.atomic():
        _make(sale, now)
        outcome = settle_purchase(session=sale.session, now=now)
    logger.warning(
        "purchase.recovered", extra={"purchase_id": str(sale.purchase_id), "outcome": outcome.value}
    )
    return True


def _make(sale: Sale, now: datetime) -> None:
    buyer = reopen_account(user_id=sale.buyer_id, document_id=sale.document_id, email=sale.email, now=now)
    wallet = ensure_wallet(user_id=buyer.id, now=now)
    session = sale.session
    sold_at = PackagePublication.objects.filter(
        package_id=session.package_code, price_cents=session.amount_cents or 0, currency=session.currency
    ).first()
    Purchase(
        id=sale.purchase_id,
        buyer=buyer,
        package_id=session.package_code,
        status=PurchaseStatus.OPEN,
        idempotency_key=f"recovered-{sale.purchase_id}",
        tokens=sale.tokens,
        bonus_tokens=sale.bonus_tokens,
        tokens_expire_after_days=sale.tokens_expire_after_days,
        price_cents=session.amount_cents or 0,
        currency=session.currency,
        wallet_account_id=wallet.account_id,
        wallet_document_id=wallet.document_id,
        livemode=session.livemode,
        stripe_price_id=sold_at.stripe_price_id if sold_at else "",
        stripe_customer_id=session.customer_id,
        stripe_session_id=session.session_id,
        checkout_url=sale.checkout_url,
        started_at=sale.created_at,
        opened_at=sale.created_at,
        expires_at=sale.expires_at,
    ).save(force_insert=True)
