from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("caseload", "0005_lists_from_what_is_kept")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE caseload_kept RENAME TO milestone_cache;
            ALTER TABLE caseload_due RENAME TO milestone_refresh_queue;
            """,
            """
            ALTER TABLE milestone_cache RENAME TO caseload_kept;
            ALTER TABLE milestone_refresh_queue RENAME TO caseload_due;
            """,
        ),
    ]
