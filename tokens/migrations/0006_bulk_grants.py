"""Grants to many wallets in one call, from the .sql file beside this migration."""

from pathlib import Path

from django.db import migrations

BULK = Path(__file__).parent / "sql" / "bulk.sql"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0005_lots_and_holds_functions")]

    operations = [migrations.RunSQL(BULK.read_text(), migrations.RunSQL.noop)]
