"""What is sold."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from identity.kinds import Right
from tokens.limits import PACKAGE_CODE_LENGTH_MAX, PACKAGE_EXPIRY_DAYS_MAX


class Package(models.Model):
    """A number of tokens at a price. A purchase copies its terms, so editing a package changes no purchase."""

    code = models.CharField(
        max_length=PACKAGE_CODE_LENGTH_MAX,
        primary_key=True,
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9_-]*\Z", "Lower-case letters, digits, - and _ only.")],
    )
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    tokens = models.PositiveIntegerField(help_text="Tokens sold, without the bonus.")
    bonus_tokens = models.PositiveIntegerField(default=0, help_text="Tokens given on top.")
    total_tokens = models.GeneratedField(
        expression=F("tokens") + F("bonus_tokens"),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )
    price_cents = models.PositiveIntegerField(help_text="The price in whole cents.")
    currency = models.CharField(max_length=3, default="usd")
    tokens_expire_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(PACKAGE_EXPIRY_DAYS_MAX)],
        help_text="Days from the credit until unused tokens expire, the bonus too. Empty: they never do.",
    )
    on_sale = models.BooleanField(default=False)
    featured = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0, help_text="Packages are shown in this order.")
    version = models.PositiveBigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "code"]
        permissions = [Right.PUBLISH_PACKAGE.permission]
        constraints = [
            models.CheckConstraint(condition=Q(tokens__gt=0), name="package_tokens_positive"),
            models.CheckConstraint(condition=Q(price_cents__gt=0), name="package_price_positive"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[a-z]{3}$"), name="package_currency_code"),
            models.CheckConstraint(
                condition=Q(tokens_expire_after_days__isnull=True) | Q(tokens_expire_after_days__gt=0),
                name="package_tokens_last_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name
