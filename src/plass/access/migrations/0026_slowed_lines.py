from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0025_refused_by_case'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='accesslogentry',
            index=models.Index(condition=models.Q(('purpose', 'slowed')), fields=['user', '-at'], name='access_opening_slowed'),
        ),
    ]
