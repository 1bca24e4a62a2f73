"""Which of Stripe's objects stand for ours."""

from django.contrib import admin

from foundation.admin import ReadOnlyModelAdmin
from payments.models import PackagePublication, StripeCustomer


@admin.register(PackagePublication)
class PackagePublicationAdmin(ReadOnlyModelAdmin):
    """Every price that a package has had at Stripe."""

    has_few_rows = True
    list_display = (
        "package_id",
        "stripe_price_id",
        "price_cents",
        "currency",
        "published_at",
        "withdrawn_at",
    )
    search_fields = ("package_id", "stripe_price_id__startswith", "stripe_product_id__startswith")
    ordering = ("-published_at",)


@admin.register(StripeCustomer)
class StripeCustomerAdmin(ReadOnlyModelAdmin):
    """The customer at Stripe that a user is."""

    list_display = ("stripe_customer_id", "user", "created_at")
    list_select_related = ("user",)
    search_fields = ("stripe_customer_id__startswith", "user__id", "user__email__startswith")
    ordering = ("-user_id",)
