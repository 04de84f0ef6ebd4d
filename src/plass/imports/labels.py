"""What a column may hold, in words, and in the groups that the page shows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .fields import OF_A_JOB, SECOND_JOB, Field

LABELS: dict[Field, Promise] = {
    Field.IDENTITY_NUMBER: _("National identity number"),
    Field.BIRTH_DATE: _("Birth date (first six digits of the number)"),
    Field.PERSONAL_NUMBER: _("Last five digits of the number"),
    Field.NAME: _("Whole name"),
    Field.GIVEN_NAME: _("Given name"),
    Field.MIDDLE_NAME: _("Middle name"),
    Field.FAMILY_NAME: _("Family name"),
    Field.PHONE: _("Phone"),
    Field.EMAIL: _("E-mail"),
    Field.ADDRESS: _("Address"),
    Field.POSTAL_CODE: _("Postal code"),
    Field.PLACE: _("Place"),
    Field.PROTECTION: _("Address protection"),
    Field.REFERRED_ON: _("Date of referral"),
    Field.STARTED_ON: _("First talk"),
    Field.LAST_MET_ON: _("Last met"),
    Field.SPECIALIST: _("Job specialist"),
    Field.COUNSELLOR: _("Counsellor"),
    Field.WISHES: _("What the person wants"),
    Field.STATUS: _("Status (compared with the dates, not written)"),
    Field.PLANNED_END_ON: _("Planned end (looked at, not written)"),
    Field.ENDED_ON: _("End of the follow-up"),
    Field.END_CAUSE: _("Cause of the end"),
    Field.EMPLOYER: _("Employer"),
    Field.EMPLOYER_NUMBER: _("Organisation number"),
    Field.JOB_TITLE: _("Job title"),
    Field.JOB_FORM: _("Form of employment"),
    Field.JOB_HOURS: _("Hours a week"),
    Field.JOB_PERCENT: _("Per cent of a position"),
    Field.JOB_STARTED_ON: _("First day of the job"),
    Field.JOB_ENDED_ON: _("Last day of the job"),
    Field.JOB_END_REASON: _("Why the job ended"),
    Field.SUBSIDISED: _("Wage subsidy (yes or no)"),
    Field.IGNORED: _("Is not read"),
}
LABELS |= {second: format_lazy(_("{field}, second job"), field=LABELS[first]) for first, second in SECOND_JOB.items()}

GROUPS: tuple[tuple[Promise, tuple[Field, ...]], ...] = (
    (
        _("The participant"),
        (
            Field.IDENTITY_NUMBER,
            Field.BIRTH_DATE,
            Field.PERSONAL_NUMBER,
            Field.NAME,
            Field.GIVEN_NAME,
            Field.MIDDLE_NAME,
            Field.FAMILY_NAME,
            Field.PHONE,
            Field.EMAIL,
            Field.ADDRESS,
            Field.POSTAL_CODE,
            Field.PLACE,
            Field.PROTECTION,
        ),
    ),
    (
        _("The follow-up"),
        (
            Field.REFERRED_ON,
            Field.STARTED_ON,
            Field.LAST_MET_ON,
            Field.SPECIALIST,
            Field.COUNSELLOR,
            Field.WISHES,
            Field.STATUS,
            Field.PLANNED_END_ON,
            Field.ENDED_ON,
            Field.END_CAUSE,
        ),
    ),
    (
        _("A job"),
        OF_A_JOB,
    ),
    (_("A second job in the same row"), tuple(SECOND_JOB.values())),
)


def choices() -> list[tuple[str, str] | tuple[str, list[tuple[str, str]]]]:
    """The fields as the choices of a select, in groups, "is not read" first."""
    return [
        ("", str(LABELS[Field.IGNORED])),
        *((str(group), [(field.value, str(LABELS[field])) for field in fields]) for group, fields in GROUPS),
    ]
