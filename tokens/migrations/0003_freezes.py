"""Freezes, and the functions and guards around them, from the .sql file beside this migration."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

FREEZES = Path(__file__).parent / "sql" / "freezes.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0002_ledger_functions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Freeze",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "cause",
                    models.CharField(
                        choices=[("staff", "Staff"), ("rule", "Rule"), ("dispute", "Dispute")], max_length=8
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        help_text="What it hangs on: one freeze each, for ever.", max_length=255
                    ),
                ),
                ("frozen_at", models.DateTimeField()),
                (
                    "frozen_by_kind",
                    models.CharField(
                        choices=[
                            ("customer", "Customer"),
                            ("staff", "Staff"),
                            ("service", "Service"),
                            ("stripe", "Stripe"),
                            ("system", "System"),
                        ],
                        max_length=8,
                    ),
                ),
                ("frozen_by", models.CharField(blank=True, max_length=64)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lifted_by_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("customer", "Customer"),
                            ("staff", "Staff"),
                            ("service", "Service"),
                            ("stripe", "Stripe"),
                            ("system", "System"),
                        ],
                        max_length=8,
                    ),
                ),
                ("lifted_by", models.CharField(blank=True, max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="freezes",
                        db_index=False,
                        to="tokens.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FreezeReason",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(choices=[("freeze", "Freeze"), ("unfreeze", "Unfreeze")], max_length=8),
                ),
                ("reason", models.CharField(max_length=500)),
                (
                    "freeze",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reasons",
                        db_index=False,
                        to="tokens.freeze",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.UniqueConstraint(
                fields=("account", "cause", "reference"), name="freeze_once_per_reference"
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["staff", "rule", "dispute"])), name="freeze_cause_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_by_kind", "")),
                    models.Q(("lifted_at__isnull", False), models.Q(("lifted_by_kind", ""), _negated=True)),
                    _connector="OR",
                ),
                name="freeze_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="freezereason",
            constraint=models.UniqueConstraint(fields=("freeze", "step"), name="freeze_reason_once_per_step"),
        ),
        migrations.RunSQL(FREEZES.read_text(), migrations.RunSQL.noop),
    ]
