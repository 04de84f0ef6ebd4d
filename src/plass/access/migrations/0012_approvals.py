"""What an administrator asks for and a second person answers; logins and looks are marked with it."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', "0011_sessions_and_the_signing_key"),
        ('organisation', '0003_roles_of_trust'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('password', 'a new link to choose a password'), ('factor', 'the codes on the phone taken away'), ('role', 'a new role'), ('group', 'a role that a group gives')], max_length=10, verbose_name='what')),
                ('reason', models.CharField(blank=True, db_default='', max_length=300, verbose_name='why')),
                ('role', models.CharField(blank=True, choices=[('specialist', 'job specialist'), ('supervisor', 'method supervisor'), ('counsellor', 'counsellor'), ('leader', 'leader'), ('administrator', 'administrator'), ('evaluator', 'evaluator'), ('data_protection', 'data protection officer')], db_default='', max_length=20, verbose_name='role')),
                ('started_on', models.DateField(blank=True, null=True, verbose_name='from')),
                ('ended_on', models.DateField(blank=True, null=True, verbose_name='until')),
                ('group', models.CharField(blank=True, db_default='', max_length=200, verbose_name='group')),
                ('with_link', models.BooleanField(db_default=False, verbose_name='with a link to choose a password')),
                ('nonce', models.CharField(editable=False, max_length=32)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='asked')),
                ('outcome', models.CharField(blank=True, choices=[('approved', 'approved'), ('proven', 'shown by the person themselves'), ('refused', 'refused'), ('stopped', 'stopped')], db_default='', max_length=10, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='answered')),
                ('answer', models.CharField(blank=True, db_default='', max_length=500, verbose_name='to the one who asked')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by')),
                ('county', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.county', verbose_name='county')),
                ('link', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.link')),
                ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.office', verbose_name='office')),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team', verbose_name='team')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
        ),
        migrations.AddField(
            model_name='login',
            name='approval',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.approvalrequest'),
        ),
        migrations.AddField(
            model_name='opening',
            name='approval',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.approvalrequest'),
        ),
        migrations.AddIndex(
            model_name='approvalrequest',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['asked_at'], name='access_approval_waiting'),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['password', 'factor']), ('outcome', '')), fields=('user', 'kind'), name='access_approval_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['role', 'group']), ('outcome', '')), fields=('kind', 'user', 'group', 'role', 'county', 'office', 'team'), name='access_approval_role_waits_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'approved'), _negated=True), models.Q(models.Q(('answered_by', models.F('asked_by')), _negated=True), models.Q(('user', None), models.Q(('answered_by', models.F('user')), _negated=True), _connector='OR')), _connector='OR'), name='access_approval_by_another'),
        ),
        migrations.AddConstraint(
            model_name='approvalrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['password', 'factor']), ('user__isnull', False)), models.Q(('kind', 'role'), ('started_on__isnull', False), ('user__isnull', False), models.Q(('role', ''), _negated=True)), models.Q(('kind', 'group'), ('user', None), models.Q(('role', ''), _negated=True), models.Q(('group', ''), _negated=True)), _connector='OR'), name='access_approval_says_what'),
        ),
        # Links that nobody said yes to end: whoever waits for one is sent a new one.
        migrations.RunSQL(
            """
            UPDATE access_link SET used_at = now() WHERE used_at IS NULL AND purpose = 'password'
                AND user_id IN (SELECT id FROM organisation_user WHERE kind = 'staff')
            """,
            migrations.RunSQL.noop,
        ),
    ]
