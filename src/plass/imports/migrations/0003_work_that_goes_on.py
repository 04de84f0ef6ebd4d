from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0002_upload_state'),
    ]

    operations = [
        migrations.AddField('upload', 'doing', models.CharField(blank=True, default='', max_length=10), preserve_default=False),
        migrations.AddField('upload', 'done', models.PositiveIntegerField(default=0)),
        migrations.AddField('upload', 'total', models.PositiveIntegerField(default=0)),
        migrations.AddField('upload', 'beat_at', models.DateTimeField(null=True)),
        migrations.AddIndex('upload', models.Index(fields=['user'], name='imports_upload_user')),
        migrations.AddIndex('upload', models.Index(fields=['at'], name='imports_upload_at')),
    ]
