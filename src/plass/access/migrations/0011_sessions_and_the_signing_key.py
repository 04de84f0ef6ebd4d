from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0010_first_login_waits"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActingKey",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("inner_pad", models.BinaryField()),
                ("outer_pad", models.BinaryField()),
                ("set_at", models.DateTimeField()),
            ],
        ),
        # Sessions are named by a hash of their key from now on: those of before end, and everybody logs in once more.
        migrations.RunSQL("DELETE FROM access_login; DELETE FROM django_session", migrations.RunSQL.noop),
    ]
