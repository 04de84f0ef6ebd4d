from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='state',
            field=models.BinaryField(default=b''),
            preserve_default=False,
        ),
    ]
