from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("milestones", "0002_search_name"), ("jobs", "0003_hours_with_two_decimals")]

    operations = [
        # The milestones that are kept; no model stands for their table.
        migrations.RunSQL(
            "ALTER TABLE milestone_cache ALTER COLUMN first_job_hours TYPE numeric(4, 2)",
            "ALTER TABLE milestone_cache ALTER COLUMN first_job_hours TYPE numeric(4, 1)",
        ),
    ]
