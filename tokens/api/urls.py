"""The addresses of the bank's API, under /api/tokens/."""

from django.urls import path

from tokens.api import views

urlpatterns = [
    path("packages", views.PackagesView.as_view(), name="api_packages"),
    path("balance", views.BalanceView.as_view(), name="api_balance"),
    path("transactions", views.TransactionsView.as_view(), name="api_transactions"),
]
