from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("milestones", "0001_initial"), ("cases", "0009_plain_names")]

    operations = [
        # The rows are made anew when the functions are (milestones/sql/10_milestones.sql), for without the comment they are
        # another's.
        migrations.RunSQL(
            """
            ALTER TABLE milestone_cache
                ALTER COLUMN sort_name TYPE text COLLATE "C",
                ADD COLUMN search_name text COLLATE "C" NOT NULL DEFAULT '';
            COMMENT ON TABLE milestone_cache IS NULL;
            """,
            "ALTER TABLE milestone_cache DROP COLUMN search_name, ALTER COLUMN sort_name TYPE text",
        ),
    ]
