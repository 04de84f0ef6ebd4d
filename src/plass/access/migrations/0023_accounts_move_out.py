"""What logging in keeps moves to a room of its own, ``accounts``, with its tables; ``accounts.0001`` takes it in.

The models are made anew there in the state alone: the rows stay where they are, under the new names.
"""

import django.db.models.deletion
from django.db import migrations, models

from plass.db.moved_tables import take_names

MODELS = (
    "ApprovalRequest", "FirstLogin", "Link", "Login", "LoginAttempts", "Passkey", "Persona", "RecoveryCode", "SecondFactor",
    "Subject",
)


def names(before: str, after: str) -> str:
    """SQL: whatever says which room the moved tables belong to says ``after``. Their names do already."""
    logged = ", ".join(f"'{before}_{model.lower()}'" for model in MODELS)
    return take_names([f"{after}_{model.lower()}" for model in MODELS], before, after) + f"""
        -- What was kept of their changes says which table it was.
        UPDATE access_change SET "table" = '{after}_' || substr("table", {len(before) + 2}) WHERE "table" IN ({logged});
        -- A session says which backend let somebody in, and that has another name now: everybody logs in once more.
        DELETE FROM {after}_login;
        DELETE FROM django_session;
    """


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0022_refused_lines_of_somebody"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        # A line of the log names the request by its number alone: the request is in a room above.
        migrations.AlterField(
            model_name="accesslogentry",
            name="approval",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT,
                related_name="+", to="access.approvalrequest",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("accesslogentry", "approval"),
                migrations.AddField("accesslogentry", "approval_id", models.BigIntegerField(editable=False, null=True)),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *(migrations.AlterModelTable(model, f"accounts_{model.lower()}") for model in MODELS),
                migrations.RunSQL(names("access", "accounts"), migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.DeleteModel(model)
                for model in (
                    "Login", "ApprovalRequest", "FirstLogin", "Link", "LoginAttempts", "Passkey", "Persona", "RecoveryCode",
                    "SecondFactor", "Subject",
                )
            ],
        ),
    ]
