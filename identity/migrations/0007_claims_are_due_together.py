"""Names what the columns are: when Firebase is told all of somebody's claims, and how often that failed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_audit_by_kind_of_actor")]

    operations = [
        migrations.RenameField("user", "wallet_claim_due_at", "claims_due_at"),
        migrations.RenameField("user", "wallet_claim_failures", "claims_failures"),
    ]
