"""A way into a case for a time says what it allows: to see, to record a contact (an emergency), or to record."""

from django.db import migrations, models

#: Those that were given or taken before allowed everything. They end within a week, and allow what theirs allow now.
EMERGENCIES = "UPDATE access_grant SET level = 2 WHERE kind = 'emergency'"


class Migration(migrations.Migration):
    dependencies = [("access", "0008_one_index_less")]
    operations = [
        migrations.AddField(
            model_name="grant",
            name="level",
            field=models.PositiveSmallIntegerField(
                choices=[(1, "see"), (2, "see, and record a contact"), (3, "see and record")],
                default=1,
                verbose_name="may",
            ),
        ),
        migrations.RunSQL(EMERGENCIES, migrations.RunSQL.noop),
    ]
