"""The models of logging in, whose tables ``access.0023`` handed over: the database has them already."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0023_accounts_move_out'),
        ('organisation', '0003_roles_of_trust'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='LoginAttempts',
                    fields=[
                        ('name_hash', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                        ('failures', models.PositiveSmallIntegerField()),
                        ('last_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='SecondFactor',
                    fields=[
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                        ('secret', models.BinaryField()),
                        ('confirmed_at', models.DateTimeField()),
                        ('last_step', models.BigIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name='FirstLogin',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('issuer', models.CharField(max_length=200)),
                        ('subject', models.CharField(max_length=200)),
                        ('claim', models.CharField(max_length=100)),
                        ('login_name', models.CharField(max_length=200)),
                        ('full_name', models.CharField(blank=True, max_length=200)),
                        ('asked_at', models.DateTimeField(auto_now_add=True)),
                        ('last_asked_at', models.DateTimeField(auto_now_add=True)),
                        ('outcome', models.CharField(blank=True, choices=[('confirmed', 'let in'), ('refused', 'refused')], max_length=20)),
                        ('answered_at', models.DateTimeField(null=True)),
                        ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='Link',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('purpose', models.CharField(choices=[('password', 'choose a password'), ('bind', 'log in with ID-porten the first time')], max_length=20)),
                        ('token_hash', models.BinaryField(max_length=32, unique=True)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                        ('expires_at', models.DateTimeField()),
                        ('used_at', models.DateTimeField(null=True)),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='ApprovalRequest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('password', 'a new link to choose a password'), ('factor', 'the codes on the phone and the passkeys taken away'), ('role', 'a new role'), ('group', 'a role that a group gives'), ('login', 'a first login through the login service')], max_length=10, verbose_name='what')),
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
                        ('office', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.office', verbose_name='office')),
                        ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team', verbose_name='team')),
                        ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('first_login', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.firstlogin')),
                        ('link', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.link')),
                    ],
                ),
                migrations.CreateModel(
                    name='Login',
                    fields=[
                        ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ('began_at', models.DateTimeField(verbose_name='began')),
                        ('way', models.CharField(max_length=20, verbose_name='how')),
                        ('device', models.CharField(max_length=100, verbose_name='where')),
                        ('issuer', models.CharField(blank=True, max_length=200)),
                        ('subject', models.CharField(blank=True, max_length=200)),
                        ('sid', models.CharField(blank=True, max_length=200)),
                        ('approval', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.approvalrequest')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='Passkey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('credential_id', models.BinaryField(max_length=1023, unique=True)),
                        ('public_key', models.BinaryField()),
                        ('sign_count', models.BigIntegerField()),
                        ('last_asked', models.BigIntegerField(db_default=0)),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('made_at', models.DateTimeField(verbose_name='made')),
                        ('last_used_at', models.DateTimeField(null=True, verbose_name='last used')),
                        ('copied_at', models.DateTimeField(null=True, verbose_name='stopped as copied')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['made_at', 'pk'],
                    },
                ),
                migrations.CreateModel(
                    name='Persona',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('order', models.PositiveSmallIntegerField()),
                        ('name', models.CharField(max_length=200)),
                        ('role', models.CharField(max_length=40)),
                        ('about', models.CharField(max_length=300)),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'ordering': ['order'],
                    },
                ),
                migrations.CreateModel(
                    name='RecoveryCode',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code_hash', models.BinaryField(max_length=32)),
                        ('used_at', models.DateTimeField(null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.CreateModel(
                    name='Subject',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('issuer', models.CharField(max_length=200)),
                        ('subject', models.CharField(max_length=200)),
                        ('bound_at', models.DateTimeField(auto_now_add=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.AddIndex(
                    model_name='firstlogin',
                    index=models.Index(condition=models.Q(('outcome', '')), fields=['asked_at'], name='accounts_firstlogin_waits'),
                ),
                migrations.AddConstraint(
                    model_name='firstlogin',
                    constraint=models.UniqueConstraint(fields=('user', 'issuer', 'subject'), name='accounts_firstlogin_once'),
                ),
                migrations.AddConstraint(
                    model_name='firstlogin',
                    constraint=models.CheckConstraint(condition=models.Q(('answered_by', None), models.Q(('answered_by', models.F('user')), _negated=True), _connector='OR'), name='accounts_firstlogin_by_another'),
                ),
                migrations.AddIndex(
                    model_name='approvalrequest',
                    index=models.Index(condition=models.Q(('outcome', '')), fields=['asked_at'], name='accounts_approval_waiting'),
                ),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['password', 'factor']), ('outcome', '')), fields=('user', 'kind'), name='accounts_approval_waits_once'),
                ),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['role', 'group']), ('outcome', '')), fields=('kind', 'user', 'group', 'role', 'county', 'office', 'team'), name='accounts_approval_role_waits_once', nulls_distinct=False),
                ),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.UniqueConstraint(condition=models.Q(('outcome', '')), fields=('first_login',), name='accounts_approval_login_waits_once'),
                ),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'approved'), _negated=True), models.Q(models.Q(('answered_by', models.F('asked_by')), _negated=True), models.Q(('user', None), models.Q(('answered_by', models.F('user')), _negated=True), _connector='OR')), _connector='OR'), name='accounts_approval_by_another'),
                ),
                migrations.AddConstraint(
                    model_name='approvalrequest',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['password', 'factor']), ('user__isnull', False)), models.Q(('kind', 'role'), ('started_on__isnull', False), ('user__isnull', False), models.Q(('role', ''), _negated=True)), models.Q(('kind', 'group'), ('user', None), models.Q(('role', ''), _negated=True), models.Q(('group', ''), _negated=True)), models.Q(('first_login__isnull', False), ('kind', 'login'), ('user__isnull', False)), _connector='OR'), name='accounts_approval_says_what'),
                ),
                migrations.AddIndex(
                    model_name='login',
                    index=models.Index(fields=['sid'], name='accounts_login_sid'),
                ),
                migrations.AddConstraint(
                    model_name='recoverycode',
                    constraint=models.UniqueConstraint(fields=('user', 'code_hash'), name='accounts_recoverycode_once'),
                ),
                migrations.AddConstraint(
                    model_name='subject',
                    constraint=models.UniqueConstraint(fields=('issuer', 'subject', 'user'), name='accounts_subject_once'),
                ),
            ],
        ),
    ]
