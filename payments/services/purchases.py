"""Starts purchases: a row of our own first, then a Checkout session whose every parameter comes from that row."""

import logging
import uuid
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from payments.errors import PaymentsUnavailable, PurchaseKeyReused, PurchaseNotFound, StripeRefused
from payments.gateways import stripe_api
from payments.kinds import PurchaseStatus
from payments.limits import RESUME_WINDOW, SESSION_LIFETIME
from payments.models import PackagePublication, Purchase
from payments.queries import history
from payments.services import checkout, customers
from security.errors import LimiterUnavailable
from security.kinds import PurchaseFacts
from security.services.purchase_limits import purchase_slot
from security.services.screening import screen_buyer, screen_purchase
from tokens.queries import packages
from tokens.services.wallets import ensure_wallet

logger = logging.getLogger(__name__)


def start_purchase(
    *, buyer_id: uuid.UUID, package_code: str, idempotency_key: str, now: datetime, address: str = ""
) -> Purchase:
    """Start buying a package; answer the purchase with the address of its Checkout page.

    The same buyer and key give the same purchase again, also after a crash between our row and Stripe's answer:
    the request to Stripe is made from the row, under an idempotency key of its own.

    :param address: where the buyer is, as far as that is known (`foundation.client_address`).
    :raises PackageNotFound: `package_not_found`.
    :raises PackageNotOnSale: `package_not_on_sale`.
    :raises PurchaseKeyReused: `idempotency_key_reused`: the key stands for another package.
    :raises AccountFrozen: `account_frozen`.
    :raises PurchasesBlocked: `purchases_blocked`.
    :raises RateLimited: `rate_limited`: too often, or declined too often.
    :raises PaymentsUnavailable: `payments_unavailable`: the purchase stays, and the same request resumes it.
    """
    found = Purchase.objects.filter(buyer_id=buyer_id, idempotency_key=idempotency_key).first()
    purchase = found or _create(buyer_id, package_code, idempotency_key, address, now)
    if purchase.package_id != package_code:
        raise PurchaseKeyReused
    if purchase.status != PurchaseStatus.STARTED:
        return purchase
    if now > purchase.started_at + RESUME_WINDOW:
        return _give_up(purchase, PurchaseStatus.EXPIRED, "", now)
    screen_buyer(user_id=buyer_id, now=now)  # what staff did since the row was made takes effect at once
    return _open(purchase, now)


def _create(
    buyer_id: uuid.UUID, package_code: str, idempotency_key: str, address: str, now: datetime
) -> Purchase:
    """Make the row, frozen at the terms of now, if nothing speaks against this start."""
    package = packages.package_to_sell(package_code)
    publication = PackagePublication.objects.filter(package_id=package_code, withdrawn_at=None).first()
    # Read one after the other: in between, the package may have been given another price, and other tokens for it.
    asked = (package.price_cents, package.currency)
    if publication is None or (publication.price_cents, publication.currency) != asked:
        raise PaymentsUnavailable
    facts = history.facts_of(
        buyer_id=buyer_id,
        address=address,
        package_code=package.code,
        price_cents=package.price_cents,
        now=now,
    )
    screen_purchase(facts=facts, now=now)
    wallet = ensure_wallet(user_id=buyer_id, now=now)
    fresh = Purchase(
        buyer_id=buyer_id,
        idempotency_key=idempotency_key,
        package_id=package.code,
        tokens=package.tokens,
        bonus_tokens=package.bonus_tokens,
        tokens_expire_after_days=package.tokens_expire_after_days,
        price_cents=publication.price_cents,
        currency=publication.currency,
        wallet_account_id=wallet.account_id,
        wallet_document_id=wallet.document_id,
        livemode=settings.STRIPE_LIVE_MODE,
        address=address or None,
        stripe_price_id=publication.stripe_price_id,
        started_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    return _insert(fresh, facts, now)


def _insert(fresh: Purchase, facts: PurchaseFacts, now: datetime) -> Purchase:
    """Store the purchase in a slot of its own, or give the one that a request with the same key has made meanwhile."""
    try:
        with purchase_slot(facts=facts, now=now) as slot, transaction.atomic():
            _wait_for_other_starts(fresh.buyer_id)
            twin = Purchase.objects.filter(
                buyer_id=fresh.buyer_id, idempotency_key=fresh.idempotency_key
            ).first()
            if twin:
                slot.give_back()
                return twin
            slot.confirm(history.starts_of(buyer_id=fresh.buyer_id, now=now))
            fresh.save(force_insert=True)
    except LimiterUnavailable as error:
        raise PaymentsUnavailable from error
    facts_told = {"purchase_id": str(fresh.id), "package": fresh.package_id}
    logger.info("purchase.started", extra=facts_told)
    return fresh


def _wait_for_other_starts(buyer_id: uuid.UUID) -> None:
    """Let one start of a buyer's after the other count rows and add its own, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"purchases:{buyer_id}"])


def _open(purchase: Purchase, now: datetime) -> Purchase:
    """Have Stripe open the session and note it. Two requests at once get the same session from Stripe."""
    user_id, uid = purchase.buyer_id, purchase.wallet_document_id
    try:
        customer_id = customers.customer_of(user_id=user_id, uid=uid, now=now)
        try:
            session_id, url = _create_session(purchase, customer_id)
        except StripeRefused as error:
            if error.members.get("stripe_param") != "customer":
                raise
            customer_id = customers.replace_customer(user_id=user_id, uid=uid, gone=customer_id, now=now)
            session_id, url = _create_session(purchase, customer_id)
    except StripeRefused as error:
        code = str(error.members["stripe_code"])
        logger.exception("purchase.refused", extra={"purchase_id": str(purchase.id), "stripe_code": code})
        _give_up(purchase, PurchaseStatus.FAILED, code, now)
        raise PaymentsUnavailable from error
    Purchase.objects.filter(id=purchase.id, stripe_session_id=None).update(stripe_session_id=session_id)
    Purchase.objects.filter(id=purchase.id, checkout_url="").update(checkout_url=url, opened_at=now)
    Purchase.objects.filter(id=purchase.id, status=PurchaseStatus.STARTED).update(status=PurchaseStatus.OPEN)
    purchase.refresh_from_db()
    logger.info("checkout.created", extra={"purchase_id": str(purchase.id), "stripe_session_id": session_id})
    return purchase


def _create_session(purchase: Purchase, customer_id: str) -> tuple[str, str]:
    """Freeze the customer in the row, then open the session from it: settlement compares the two."""
    Purchase.objects.filter(id=purchase.id).update(stripe_customer_id=customer_id)
    purchase.stripe_customer_id = customer_id
    return stripe_api.create_checkout_session(
        idempotency_key=f"purchase-{purchase.id}-{customer_id}",
        parameters=checkout.session_parameters(purchase),
    )


def _give_up(purchase: Purchase, status: PurchaseStatus, failure_code: str, now: datetime) -> Purchase:
    """End a purchase that has no session anybody was sent to."""
    Purchase.objects.filter(id=purchase.id, status=PurchaseStatus.STARTED).update(
        status=status, closed_at=now, failure_code=failure_code[:64]
    )
    purchase.refresh_from_db()
    return purchase


def cancel_purchase(*, buyer_id: uuid.UUID, purchase_id: uuid.UUID, now: datetime) -> Purchase:
    """Cancel a purchase that is not paid: Stripe ends its session, and only Stripe's answer cancels it.

    A purchase that turns out to be paid is settled instead, and answered as such.

    :raises PurchaseNotFound: `purchase_not_found`.
    :raises PaymentsUnavailable: `payments_unavailable`: nothing was canceled; try again.
    """
    purchase = Purchase.objects.filter(id=purchase_id, buyer_id=buyer_id).first()
    if purchase is None:
        raise PurchaseNotFound
    if purchase.status != PurchaseStatus.OPEN or not purchase.stripe_session_id:
        return purchase
    # Said before Stripe is asked: its expiry event may arrive before its answer, and must mean the same.
    Purchase.objects.filter(id=purchase.id, cancel_requested_at=None).update(cancel_requested_at=now)
    checkout.end_session(session_id=purchase.stripe_session_id, now=now)
    purchase.refresh_from_db()
    return purchase
