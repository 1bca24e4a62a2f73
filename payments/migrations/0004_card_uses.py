import django.db.models.deletion
import foundation.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_sale_checks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="inboxevent",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("settled", "Settled"),
                    ("already_settled", "Already Settled"),
                    ("waiting", "Waiting"),
                    ("quarantined", "Quarantined"),
                    ("failed", "Failed"),
                    ("expired", "Expired"),
                    ("canceled", "Canceled"),
                    ("declined", "Declined"),
                    ("card_noted", "Card Noted"),
                    ("late_failure", "Late Failure"),
                    ("unchanged", "Unchanged"),
                    ("ignored", "Ignored"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="CardUse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=foundation.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("charge_id", models.CharField(max_length=255, unique=True)),
                ("used_at", models.DateTimeField()),
                (
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "purchase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="card_uses",
                        to="payments.purchase",
                    ),
                ),
            ],
            options={
                "ordering": ["-used_at"],
                "indexes": [
                    models.Index(fields=["fingerprint", "-used_at"], name="card_use_by_card"),
                    models.Index(fields=["-used_at"], name="card_use_newest_first"),
                ],
            },
        ),
    ]
