import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # The tables are followup's, which has renamed them.
    initial = True
    dependencies = [
        ("cases", "0001_initial"),
        ("followup", "0005_tables_of_the_plan"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='PlanStep',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('happened_on', models.DateField(verbose_name='date')),
                        ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded')),
                        ('superseded_at', models.DateTimeField(editable=False, null=True)),
                        ('what', models.CharField(max_length=300, verbose_name='what')),
                        ('who', models.CharField(choices=[('participant', 'participant'), ('specialist', 'job specialist'), ('counsellor', 'counsellor'), ('employer', 'employer'), ('collaborator', 'collaborator')], max_length=20, verbose_name='who does it')),
                        ('due_on', models.DateField(blank=True, null=True, verbose_name='by')),
                        ('goal', models.CharField(blank=True, max_length=300, verbose_name='towards')),
                        ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case', verbose_name='case')),
                        ('recorded_by', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                    ],
                    options={'indexes': [models.Index(fields=['case', 'happened_on'], name='plan_planstep_case_date')]},
                ),
                migrations.CreateModel(
                    name='PlanStepDone',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('happened_on', models.DateField(verbose_name='date')),
                        ('recorded_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='recorded')),
                        ('superseded_at', models.DateTimeField(editable=False, null=True)),
                        ('outcome', models.CharField(choices=[('done', 'done'), ('dropped', 'given up')], default='done', max_length=10, verbose_name='outcome')),
                        ('note', models.CharField(blank=True, max_length=300, verbose_name='what came of it')),
                        ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case', verbose_name='case')),
                        ('recorded_by', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='recorded by')),
                        ('step', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='plan.planstep', verbose_name='step')),
                    ],
                    options={'indexes': [models.Index(fields=['case', 'happened_on'], name='plan_stepdone_case_date')]},
                ),
            ]
        ),
    ]
