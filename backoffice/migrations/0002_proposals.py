"""Four eyes: proposals and the rows of grants; what guards them is in the .sql file beside this migration."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


PROPOSALS = Path(__file__).parent / "sql" / "proposals.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("adjustment", "Adjust a wallet"),
                            ("reversal", "Reverse an entry"),
                            ("refund", "Give a payment back"),
                            ("grants", "Grant tokens to many"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "subject_id",
                    models.UUIDField(
                        help_text="The wallet, entry or purchase; of grants the proposal itself."
                    ),
                ),
                (
                    "account_id",
                    models.UUIDField(
                        blank=True, help_text="The wallet that the decision hangs on.", null=True
                    ),
                ),
                (
                    "wallet_seq",
                    models.BigIntegerField(blank=True, help_text="How many entries it had then.", null=True),
                ),
                ("request", models.JSONField(help_text="All that the action needs: codes, ids and numbers.")),
                ("amount", models.BigIntegerField(help_text="Tokens, or the currency's smallest unit.")),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("reason", models.CharField(max_length=500)),
                ("proposed_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("expired", "Expired"),
                        ],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                ("answer", models.CharField(blank=True, help_text="The checker's words.", max_length=500)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When all of it was done; for an approved one, else never.",
                        null=True,
                    ),
                ),
                (
                    "checker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_decided",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-proposed_at"],
            },
        ),
        migrations.CreateModel(
            name="ProposedGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("account_id", models.UUIDField()),
                ("tokens", models.BigIntegerField()),
                ("granted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "proposal",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="backoffice.proposal",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("status", "proposed")), fields=["expires_at"], name="proposal_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("done_at", None), ("status", "approved")),
                fields=["decided_at"],
                name="proposal_to_do",
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["-proposed_at"], name="proposal_by_time"),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(fields=["account_id", "-proposed_at"], name="proposal_of_wallet"),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checker", None),
                    models.Q(("checker", models.F("maker")), _negated=True),
                    _connector="OR",
                ),
                name="proposal_checked_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("checker__isnull", False),
                        ("decided_at__isnull", False),
                        ("status__in", ("approved", "rejected")),
                    ),
                    models.Q(("checker", None), ("decided_at__isnull", False), ("status", "expired")),
                    models.Q(("checker", None), ("decided_at", None), ("status", "proposed")),
                    _connector="OR",
                ),
                name="proposal_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_at", None), ("status", "approved"), _connector="OR"),
                name="proposal_done_if_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["adjustment", "reversal", "refund", "grants"])),
                name="proposal_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_id", None), ("wallet_seq", None)),
                    models.Q(("account_id__isnull", False), ("wallet_seq__isnull", False)),
                    _connector="OR",
                ),
                name="proposal_wallet_with_seq",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposedgrant",
            constraint=models.UniqueConstraint(fields=("proposal", "number"), name="grant_once_per_row"),
        ),
        migrations.AddConstraint(
            model_name="proposedgrant",
            constraint=models.UniqueConstraint(
                fields=("proposal", "account_id"), name="grant_once_per_wallet"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposedgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("tokens__gt", 0)), name="grant_of_something"
            ),
        ),
        migrations.RunSQL(PROPOSALS.read_text(), migrations.RunSQL.noop),
    ]
