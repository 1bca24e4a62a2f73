from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_declines_and_addresses"),
        ("tokens", "0005_lots_and_holds_functions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="purchase",
            name="sale_checked_at",
            field=models.DateTimeField(
                blank=True, help_text="When Stripe was asked for what it was paid.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="purchase",
            name="quarantine_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("session_differs", "Session"),
                    ("amount_differs", "Amount"),
                    ("currency_differs", "Currency"),
                    ("package_differs", "Package"),
                    ("customer_differs", "Customer"),
                    ("livemode_differs", "Livemode"),
                    ("nothing_was_paid", "Nothing Paid"),
                    ("no_tokens_were_sold", "No Tokens"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("sale_checked_at__isnull", True), ("status", "settled")),
                fields=["settled_at"],
                name="purchase_unchecked",
            ),
        ),
    ]
