"""The addresses of the pages where money and tokens meet."""

from django.urls import path

from payments.pages import buying, checkout, statement, wallet

urlpatterns = [
    path("buy-tokens", buying.buy_tokens, name="buy_tokens"),
    path("checkout/success", checkout.success, name="checkout_success"),
    path("checkout/progress", checkout.progress, name="checkout_progress"),
    path("checkout/cancel", checkout.cancel, name="checkout_cancel"),
    path("wallet", wallet.wallet, name="wallet"),
    path("wallet/statement", statement.statement, name="statement"),
    path("wallet/statement.csv", statement.statement_csv, name="statement_csv"),
    path("purchases/<uuid:purchase_id>", wallet.purchase, name="purchase"),
]
