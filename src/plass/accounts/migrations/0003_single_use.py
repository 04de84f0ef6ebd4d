from django.db import migrations, models

from plass.db import encryption


def put_recovery_codes_under_the_key(apps, schema_editor):
    """Their hashes were made without a key: the ones there are go under it, and open what they opened."""
    codes = apps.get_model("accounts", "RecoveryCode").objects
    for pk, code_hash in codes.values_list("pk", "code_hash"):
        codes.filter(pk=pk).update(code_hash=encryption.keyed_hash(bytes(code_hash)))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_ways_in'),
    ]

    operations = [
        migrations.AddField(
            model_name='login',
            name='authenticated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(put_recovery_codes_under_the_key),
    ]
