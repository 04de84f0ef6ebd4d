from django.db import migrations


class Migration(migrations.Migration):
    """What is kept of a table that nobody reads was shown to whoever sees the participant."""

    dependencies = [("access", "0018_passkeys")]

    operations = [
        migrations.RunSQL(
            "UPDATE access_change SET audience = 'nobody' WHERE \"table\" = 'cases_possibleduplicate'",
            migrations.RunSQL.noop,
        )
    ]
