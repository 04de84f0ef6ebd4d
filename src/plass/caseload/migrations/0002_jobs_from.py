from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("caseload", "0001_initial"), ("cases", "0001_initial")]

    operations = [
        # The day from which each job counts instead of their number, which depends on the day one asks.
        migrations.RunSQL(
            """
            ALTER TABLE caseload_kept DROP COLUMN jobs, ADD COLUMN jobs_from date[] NOT NULL DEFAULT '{}';
            COMMENT ON TABLE caseload_kept IS NULL
            """,
            "ALTER TABLE caseload_kept DROP COLUMN jobs_from, ADD COLUMN jobs integer NOT NULL DEFAULT 0",
        ),
    ]
