"""The front page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tokens.errors import WalletNotFound
from tokens.queries import packages, prices, wallets
from tokens.queries.wallets import WalletState


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What tokens are; the balance for who is signed in, the prices for who is not."""
    offered = packages.on_sale()
    context = {
        "wallet": _wallet(request),
        "packages": offered,
        "some_expire": packages.some_expire(offered),
        "regular_price": prices.regular_price(),
    }
    return render(request, "tokens/landing.html", context)


def _wallet(request: HttpRequest) -> WalletState | None:
    if not request.user.is_authenticated:
        return None
    try:
        return wallets.wallet_of(request.user.pk, now=timezone.now())
    except WalletNotFound:  # staff made by a command have none
        return None
