from django.db import migrations, models


class Migration(migrations.Migration):
    """Which outcomes are rare is not known beforehand: a list of one that there is none of read all events."""

    dependencies = [
        ("payments", "0011_redaction"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="inboxevent",
            name="inbox_by_rare_outcome",
        ),
        migrations.AddIndex(
            model_name="inboxevent",
            index=models.Index(fields=["outcome", "-received_at", "-id"], name="inbox_by_outcome"),
        ),
        migrations.AddIndex(
            model_name="inboxevent",
            index=models.Index(
                condition=models.Q(("status", "ignored")),
                fields=["-received_at", "-id"],
                name="inbox_ignored",
            ),
        ),
    ]
