"""The ledger's functions, guards and house accounts, from the .sql files beside this migration."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0001_initial"), ("mirror", "0002_functions")]

    operations = [
        migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
        for name in ("functions.sql", "house_accounts.sql", "guards.sql")
    ]
