"""The ledger's guards look other rows up by their keys, from the .sql file beside this migration."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tokens", "0012_posting_in_few_statements")]

    operations = [migrations.RunSQL((SQL / "guards_by_key.sql").read_text(), migrations.RunSQL.noop)]
