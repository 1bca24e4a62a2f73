from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("mirror", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "mirror_mark_stale.sql").read_text(),
            "DROP FUNCTION IF EXISTS mirror_mark_stale(text, text)",
        ),
    ]
