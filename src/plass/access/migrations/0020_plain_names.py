from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0019_history_that_nobody_reads")]

    operations = [
        migrations.RenameModel("Opening", "AccessLogEntry"),
        migrations.RenameModel("Tie", "ConflictOfInterest"),
        # What was kept of their changes says which table it was.
        migrations.RunSQL(
            """UPDATE access_change SET "table" = 'access_conflictofinterest' WHERE "table" = 'access_tie'""",
            """UPDATE access_change SET "table" = 'access_tie' WHERE "table" = 'access_conflictofinterest'""",
        ),
    ]
