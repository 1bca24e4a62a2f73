"""The addresses of the site. `/healthz` and `/readyz` are answered further out, by config.health."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from identity.pages.second_factor import SetSecondFactorUp
from payments.webhooks import stripe_webhook

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/stripe/webhook", stripe_webhook, name="stripe_webhook"),
    path("accounts/2fa/totp/activate/", SetSecondFactorUp.as_view()),
    path("accounts/", include("allauth.urls")),
    path("api/", include("config.api_docs")),
    path("api/tokens/", include("tokens.api.urls")),
    path("api/tokens/", include("payments.api.urls")),
    path("", include("tokens.pages.urls")),
    path("", include("payments.pages.urls")),
]

handler400 = "foundation.problems.bad_request"
handler403 = "foundation.problems.permission_denied"
handler404 = "foundation.problems.page_not_found"
handler500 = "foundation.problems.server_error"
