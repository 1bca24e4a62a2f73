"""Where a wallet's history stood at a moment, from the .sql file beside this migration."""

from pathlib import Path

from django.db import migrations

STATEMENTS = Path(__file__).parent / "sql" / "statements.sql"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0006_bulk_grants")]

    operations = [migrations.RunSQL(STATEMENTS.read_text(), migrations.RunSQL.noop)]
