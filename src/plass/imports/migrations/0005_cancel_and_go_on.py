from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0004_work_in_the_queue'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='written',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
