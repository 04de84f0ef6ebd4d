"""The part that somebody has because they referred a participant ends when another follows, or is the counsellor."""

from django.db import migrations, models

#: As the trigger does from now on (cases/sql/10_names.sql): when the first such assignment was recorded.
ENDED = """
    UPDATE cases_case c SET referrer_ended_at = (
        SELECT min(a.recorded_at) FROM cases_assignment a
        WHERE a.case_id = c.id AND a.user_id IS NOT NULL
          AND (a.role = 'specialist' OR a.user_id <> c.referred_by_id))
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_made_nameless")]
    operations = [
        migrations.AddField(
            model_name="case",
            name="referrer_ended_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
    ]
