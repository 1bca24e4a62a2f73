"""An entry in fewer statements, under fewer keys and indexes; the functions are in .sql files beside this migration.

The guards that stand for the foreign keys which go here come with the same transaction.
"""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("tokens", "0011_package_lifetime"),
        ("mirror", "0008_mark_all_stale"),
    ]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="purchase_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="entry",
            name="reference",
            field=models.CharField(
                db_collation="C", help_text="The business key: one entry each, for ever.", max_length=255
            ),
        ),
        migrations.AlterField(
            model_name="lot",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="tokens.account",
            ),
        ),
        migrations.AlterField(
            model_name="posting",
            name="account",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="tokens.account",
            ),
        ),
        migrations.AlterField(
            model_name="posting",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="postings",
                to="tokens.entry",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("purchase_id__isnull", False)),
                fields=["purchase_id"],
                name="entry_by_purchase",
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("reference",), name="entry_once_per_reference"),
        ),
        *(
            migrations.RunSQL((SQL / name).read_text(), migrations.RunSQL.noop)
            for name in (
                "hashes.sql",
                "lines.sql",
                "grants_by_the_set.sql",
                "guards_by_statement.sql",
                "nobodys_functions.sql",
            )
        ),
    ]
