import django.utils.timezone
from django.db import migrations, models

import security.kinds


class Migration(migrations.Migration):
    dependencies = [
        ("security", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="assignee",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="alert",
            name="freeze_id",
            field=models.UUIDField(blank=True, help_text="The freeze that followed from it.", null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="mail_attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="mail_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="mail_error",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="alert",
            name="mailed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="override_id",
            field=models.UUIDField(blank=True, help_text="The override that followed from it.", null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="updated_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="alert",
            name="kind",
            field=models.CharField(choices=security.kinds.alert_kinds, max_length=40),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["kind", "first_seen_at"], name="alert_opened_by_kind"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("mail_due_at__isnull", False)),
                fields=["mail_due_at"],
                name="alert_mail_due",
            ),
        ),
    ]
