from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('followup', '0003_shorter_index_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='contact',
            name='channel',
            field=models.CharField(choices=[('in_person', 'in person'), ('video', 'video'), ('phone', 'phone'), ('message', 'text message or chat'), ('email', 'e-mail')], error_messages={'blank': 'Say how you were in touch.'}, max_length=20, verbose_name='how'),
        ),
        migrations.AlterField(
            model_name='meeting',
            name='channel',
            field=models.CharField(choices=[('in_person', 'in person'), ('video', 'video'), ('phone', 'phone'), ('message', 'text message or chat'), ('email', 'e-mail')], default='in_person', error_messages={'blank': 'Say how you are to meet.'}, max_length=20, verbose_name='how'),
        ),
    ]
