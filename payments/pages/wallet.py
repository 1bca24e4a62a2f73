"""The customer's wallet and their purchases."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation.limits import PAGE_SIZE
from payments.kinds import PENDING, PurchaseStatus
from payments.models import Purchase
from payments.pages.caller import customer_id
from payments.pages.lines import Line, lines_of
from payments.pages.words import tell
from payments.queries import purchases
from payments.queries.reversals import returned_cents, reversed_tokens
from tokens.errors import WalletNotFound
from tokens.queries import entries, lots, prices, wallets
from tokens.queries.wallets import WalletState

SEQ_DIGITS_MAX = 18  # what a bigint holds for sure


@never_cache
@require_safe
@login_required
def wallet(request: HttpRequest) -> HttpResponse:
    """The balance, purchases in progress and the history, newest first, a page at a time."""
    owner_id, before = customer_id(request), _before(request)
    history, older = _history(owner_id, before)
    found = _wallet(owner_id)
    context = {
        "wallet": found,
        "next_to_expire": lots.next_to_expire(found.account_id, now=timezone.now()) if found else None,
        "regular_price": prices.regular_price(),
        "in_progress": _in_progress(owner_id) if before is None else [],
        "history": history,
        "older": older,
        "newer": before is not None,
    }
    return render(request, "payments/wallet.html", context)


@never_cache
@require_safe
@login_required
def purchase(request: HttpRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """One purchase: its receipt, or how it stands."""
    found = purchases.purchase_of(buyer_id=customer_id(request), purchase_id=purchase_id)
    told, went_back = tell(found, now=timezone.now()), reversed_tokens(found)
    context = {
        "purchase": found,
        "told": told,
        "returned_cents": returned_cents(found),
        "reversed_tokens": went_back,
        "shows_lifetime": told.can_pay or (told.is_receipt and went_back < found.total_tokens),
    }
    return render(request, "payments/purchase.html", context)


def _wallet(owner_id: uuid.UUID) -> WalletState | None:
    try:
        return wallets.wallet_of(owner_id, now=timezone.now())
    except WalletNotFound:  # staff made by a command have none
        return None


def _in_progress(buyer_id: uuid.UUID) -> QuerySet[Purchase]:
    return purchases.purchases_of(buyer_id).filter(status__in=[*PENDING, PurchaseStatus.QUARANTINED])


def _before(request: HttpRequest) -> int | None:
    """The cursor: only entries older than the one with this `seq`."""
    text = request.GET.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX):
        raise BadRequest("The cursor is not a number.")
    return int(text)


def _history(owner_id: uuid.UUID, before: int | None) -> tuple[list[Line], int | None]:
    """A page of the history, and the cursor of the next page if there is one."""
    postings = entries.history_of(owner_id)
    if before is not None:
        postings = postings.filter(seq__lt=before)
    page = list(postings[: PAGE_SIZE + 1])
    older = page[PAGE_SIZE - 1].seq if len(page) > PAGE_SIZE else None
    return lines_of(owner_id, page[:PAGE_SIZE]), older
