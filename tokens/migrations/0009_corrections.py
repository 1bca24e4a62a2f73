"""What staff correct in wallets; the function that undoes an entry is in the .sql file beside this migration."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models


CORRECTIONS = Path(__file__).parent / "sql" / "corrections.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0008_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="correction",
                        serialize=False,
                        to="tokens.entry",
                    ),
                ),
                ("tokens", models.BigIntegerField(help_text="What was asked for; negative: taken.")),
                (
                    "key",
                    models.CharField(help_text="Made when it was asked for.", max_length=255, unique=True),
                ),
                ("made_by", models.CharField(max_length=64)),
                ("checked_by", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="tokens.account"
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="tokens.entry",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["account", "-made_at"], name="correction_of_wallet")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("made_by", models.F("checked_by")), _negated=True),
                        name="correction_checked_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tokens", 0), _negated=True), name="correction_moves_something"
                    ),
                ],
            },
        ),
        migrations.RunSQL(CORRECTIONS.read_text(), migrations.RunSQL.noop),
    ]
