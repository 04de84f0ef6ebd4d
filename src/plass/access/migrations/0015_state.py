from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0014_first_logins_are_approved'),
    ]

    operations = [
        # A row for each process number of the server, written anew whenever its connection changes what access is made of.
        migrations.RunSQL(
            "CREATE TABLE access_state (backend integer PRIMARY KEY, state uuid NOT NULL) WITH (fillfactor = 50)",
            "DROP TABLE access_state",
        ),
    ]
