"""The addresses of the API's purchases, under /api/tokens/."""

from django.urls import path

from payments.api import views

urlpatterns = [
    path("purchases", views.PurchasesView.as_view(), name="api_purchases"),
    path("purchases/<uuid:purchase_id>", views.PurchaseView.as_view(), name="api_purchase"),
]
