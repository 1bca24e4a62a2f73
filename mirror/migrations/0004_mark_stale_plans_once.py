"""`mirror_mark_stale` in PL/pgSQL, which plans its statement once per connection and not at each call."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("mirror", "0003_repairs")]
    operations = [
        migrations.RunSQL((SQL / "mirror_mark_stale.sql").read_text(), migrations.RunSQL.noop),
    ]
