from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0005_staff_claim")]

    operations = [
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(fields=["actor_kind", "-id"], name="audit_actor_kind_idx"),
        ),
    ]
