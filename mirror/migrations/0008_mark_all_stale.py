"""Many subjects marked as stale by one statement, from the .sql file beside this migration."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("mirror", "0007_compared_to")]
    operations = [
        migrations.RunSQL((SQL / "mirror_mark_all_stale.sql").read_text(), migrations.RunSQL.noop),
    ]
