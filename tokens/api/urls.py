"""The addresses of the bank's API, under /api/tokens/."""

from django.urls import path

from tokens.api import service_views, views

urlpatterns = [
    path("packages", views.PackagesView.as_view(), name="api_packages"),
    path("balance", views.BalanceView.as_view(), name="api_balance"),
    path("transactions", views.TransactionsView.as_view(), name="api_transactions"),
    path("statement", views.StatementView.as_view(), name="api_statement"),
    path("spend", service_views.SpendView.as_view(), name="api_spend"),
    path("grants", service_views.GrantsView.as_view(), name="api_grants"),
    path("holds", service_views.HoldsView.as_view(), name="api_holds"),
    path("holds/<uuid:hold_id>/capture", service_views.CaptureView.as_view(), name="api_capture"),
    path("holds/<uuid:hold_id>/release", service_views.ReleaseView.as_view(), name="api_release"),
]
