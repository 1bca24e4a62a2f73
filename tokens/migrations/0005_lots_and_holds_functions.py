"""What lots, holds and reversals do, from the .sql files beside this migration."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0004_lots_and_holds")]

    operations = [
        migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
        for name in (
            "house_account_forgiven.sql",
            "lots.sql",
            "entries.sql",
            "holds.sql",
            "reversals.sql",
            "lots_of_earlier_entries.sql",
            "lot_guards.sql",
            "nobodys_functions.sql",
        )
    ]
