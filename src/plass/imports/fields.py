"""What a column of a list may hold: each field is declared once, with all that follows from it elsewhere.

What offices call it stands in ``headings.py``. A particular of the participant needs no more than its line here; what is
more than a value (an end, a job, who follows) has code of its own that reads, writes and compares it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


class Group(Enum):
    """Where a field stands among the choices."""

    PARTICIPANT = auto()
    FOLLOW_UP = auto()
    JOB = auto()
    SECOND_JOB = auto()
    NONE = auto()


class Holds(Enum):
    """What a cell may hold, as far as it can be seen without its heading."""

    DAY = auto()
    EMAIL = auto()
    PHONE = auto()
    IDENTITY_NUMBER = auto()
    ORGANISATION_NUMBER = auto()
    POSTAL_CODE = auto()
    FIGURE = auto()
    WORDS = auto()


@dataclass(frozen=True)
class InTemplate:
    """A column of the template. ``choices`` are all that it may hold; ``is_needed`` where nobody is read without it.

    ``is_digits``: a spreadsheet would take it for a number, and take the zeros in front away.
    """

    note: Promise
    choices: Callable[[], Sequence[Promise | str]] = tuple
    is_needed: bool = False
    is_digits: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class ImportField:
    """A field: what it is called, and where it stands among the choices.

    ``holds`` is what its cells are, where they can be told from others; ``headings`` are those not in ``headings.py``.
    ``is_date``: a day, as people write days. ``is_particular``: a value of the participant by the same name, which is
    read, shown, written and compared as it stands; those with the same ``goes_with`` are replaced together.
    ``has_choices``: each word in it is a meaning of its own.
    """

    label: Promise
    group: Group
    holds: Holds | None = None
    headings: tuple[str, ...] = ()
    is_date: bool = False
    is_particular: bool = False
    goes_with: str = ""
    has_choices: bool = False
    template: InTemplate | None = None


def _day(label: Promise, group: Group, note: Promise | None = None) -> ImportField:
    return ImportField(label, group, Holds.DAY, is_date=True, template=None if note is None else InTemplate(note))


def _protections() -> Sequence[Promise | str]:
    from plass.cases.models import Participant

    return [choice.label for choice in Participant.Protection]


def _causes() -> Sequence[Promise | str]:
    from plass.cases.models import CaseEnded

    return [choice.label for choice in CaseEnded.Cause]


def _forms() -> Sequence[Promise | str]:
    from plass.jobs.models import JobStarted

    return [choice.label for choice in JobStarted.Form]


def _end_reasons() -> Sequence[Promise | str]:
    from plass.jobs.models import JobEnded

    return [choice.label for choice in JobEnded.Reason]


A_DATE = _("A date, for example 31.12.2025.")
_WORDS = Holds.WORDS
_P, _F, _J = Group.PARTICIPANT, Group.FOLLOW_UP, Group.JOB


class Field(StrEnum):
    """What a column may hold. ``about`` is all that is declared of it."""

    about: ImportField

    def __new__(cls, value: str, about: ImportField | None = None) -> Field:
        member = str.__new__(cls, value)
        member._value_ = value
        if about is not None:
            member.about = about
        return member

    IDENTITY_NUMBER = (
        "identity_number",
        ImportField(
            _("National identity number"),
            _P,
            Holds.IDENTITY_NUMBER,
            template=InTemplate(_("Eleven digits: identity number or D-number."), is_needed=True, is_digits=True),
        ),
    )
    BIRTH_DATE = "birth_date", ImportField(_("Birth date (first six digits of the number)"), _P, Holds.DAY)
    PERSONAL_NUMBER = "personal_number", ImportField(_("Last five digits of the number"), _P)
    NAME = "name", ImportField(_("Whole name"), _P, _WORDS)
    GIVEN_NAME = (
        "given_name",
        ImportField(_("Given name"), _P, _WORDS, template=InTemplate(_("Also a middle name."), is_needed=True)),
    )
    MIDDLE_NAME = "middle_name", ImportField(_("Middle name"), _P, _WORDS)
    FAMILY_NAME = (
        "family_name",
        ImportField(_("Family name"), _P, _WORDS, template=InTemplate(_("The family name."), is_needed=True)),
    )
    # In the template before who follows: after another's name a phone number may be theirs.
    PHONE = (
        "phone",
        ImportField(
            _("Phone"),
            _P,
            Holds.PHONE,
            is_particular=True,
            template=InTemplate(_("The participant's own number."), is_digits=True),
        ),
    )
    EMAIL = (
        "email",
        ImportField(
            _("E-mail"),
            _P,
            Holds.EMAIL,
            is_particular=True,
            template=InTemplate(_("The participant's own address.")),
        ),
    )
    ADDRESS = (
        "address",
        ImportField(
            _("Address"),
            _P,
            _WORDS,
            is_particular=True,
            goes_with="address",
            template=InTemplate(_("Street and number.")),
        ),
    )
    POSTAL_CODE = (
        "postal_code",
        ImportField(
            _("Postal code"),
            _P,
            Holds.POSTAL_CODE,
            is_particular=True,
            goes_with="address",
            template=InTemplate(_("Four digits."), is_digits=True),
        ),
    )
    PLACE = (
        "place",
        ImportField(
            _("Place"),
            _P,
            _WORDS,
            is_particular=True,
            goes_with="address",
            template=InTemplate(_("The place that belongs to the postal code.")),
        ),
    )
    PROTECTION = (
        "protection",
        ImportField(
            _("Address protection"),
            _P,
            has_choices=True,
            template=InTemplate(_("Choose one. Empty means not protected."), _protections),
        ),
    )
    REFERRED_ON = (
        "referred_on",
        _day(
            _("Date of referral"),
            _F,
            _("The day the participant was referred. This, a first talk or a first day of a job is needed."),
        ),
    )
    STARTED_ON = (
        "started_on",
        _day(_("First talk"), _F, _("The day of the first talk. Leave it empty for who still waits.")),
    )
    LAST_MET_ON = "last_met_on", _day(_("Last met"), _F, A_DATE)
    SPECIALIST = (
        "specialist",
        ImportField(
            _("Job specialist"),
            _F,
            _WORDS,
            has_choices=True,
            template=InTemplate(_("The name of who follows the participant.")),
        ),
    )
    COUNSELLOR = (
        "counsellor",
        ImportField(
            _("Counsellor"),
            _F,
            _WORDS,
            has_choices=True,
            template=InTemplate(_("The name of the counsellor at the office.")),
        ),
    )
    WISHES = (
        "wishes",
        ImportField(
            _("What the person wants"),
            _F,
            template=InTemplate(_("The work the participant wants, in their own words."), is_wide=True),
        ),
    )
    STATUS = "status", ImportField(_("Status (compared with the dates, not written)"), _F, _WORDS)
    PLANNED_END_ON = "planned_end_on", _day(_("Planned end (looked at, not written)"), _F)
    EMPLOYER = (
        "employer",
        ImportField(
            _("Employer"),
            _J,
            _WORDS,
            template=InTemplate(_("Where the participant works. One job in a row: another job is another row.")),
        ),
    )
    EMPLOYER_NUMBER = (
        "employer_number",
        ImportField(
            _("Organisation number"),
            _J,
            Holds.ORGANISATION_NUMBER,
            template=InTemplate(_("Nine digits, if you have them."), is_digits=True),
        ),
    )
    JOB_TITLE = (
        "job_title",
        ImportField(_("Job title"), _J, _WORDS, template=InTemplate(_("What the participant does there."))),
    )
    JOB_FORM = (
        "job_form",
        ImportField(
            _("Form of employment"), _J, _WORDS, has_choices=True, template=InTemplate(_("Choose one."), _forms)
        ),
    )
    JOB_HOURS = (
        "job_hours",
        ImportField(
            _("Hours a week"),
            _J,
            Holds.FIGURE,
            template=InTemplate(_("Hours a week, for example 20. Or leave it, and write per cent.")),
        ),
    )
    JOB_PERCENT = (
        "job_percent",
        ImportField(
            _("Per cent of a position"),
            _J,
            Holds.FIGURE,
            template=InTemplate(_("Per cent of a position, for example 50. Or leave it, and write hours.")),
        ),
    )
    JOB_STARTED_ON = "job_started_on", _day(_("First day of the job"), _J, A_DATE)
    JOB_ENDED_ON = (
        "job_ended_on",
        _day(
            _("Last day of the job"),
            _J,
            _("The last day, also where it is agreed and lies ahead. Empty where the job goes on."),
        ),
    )
    JOB_END_REASON = (
        "job_end_reason",
        ImportField(
            _("Why the job ended"), _J, _WORDS, has_choices=True, template=InTemplate(_("Choose one."), _end_reasons)
        ),
    )
    SUBSIDISED = (
        "subsidised",
        ImportField(
            _("Wage subsidy (yes or no)"),
            _J,
            has_choices=True,
            template=InTemplate(_("Yes where the employer gets a wage subsidy."), lambda: (_("yes"), _("no"))),
        ),
    )
    # What is told of a second job is declared with the first.
    EMPLOYER_2 = "employer_2"
    EMPLOYER_NUMBER_2 = "employer_number_2"
    JOB_TITLE_2 = "job_title_2"
    JOB_FORM_2 = "job_form_2"
    JOB_HOURS_2 = "job_hours_2"
    JOB_PERCENT_2 = "job_percent_2"
    JOB_STARTED_ON_2 = "job_started_on_2"
    JOB_ENDED_ON_2 = "job_ended_on_2"
    JOB_END_REASON_2 = "job_end_reason_2"
    SUBSIDISED_2 = "subsidised_2"
    ENDED_ON = (
        "ended_on",
        _day(_("End of the follow-up"), _F, _("The day the follow-up ended. Empty where it goes on.")),
    )
    END_CAUSE = (
        "end_cause",
        ImportField(
            _("Cause of the end"),
            _F,
            _WORDS,
            has_choices=True,
            template=InTemplate(_("Choose one."), _causes, is_wide=True),
        ),
    )
    IGNORED = "", ImportField(_("Is not read"), Group.NONE)


#: What is told of a job, and the same of a second one that stands beside it in the row.
SECOND_JOB = {Field(field.value.removesuffix("_2")): field for field in Field if field.value.endswith("_2")}
for _first, _second in SECOND_JOB.items():
    _second.about = replace(
        _first.about,
        label=format_lazy(_("{field}, second job"), field=_first.about.label),
        group=Group.SECOND_JOB,
        headings=(),
        template=None,
    )
#: The fields of a job.
OF_A_JOB = tuple(SECOND_JOB)
#: How and where somebody is reached.
CONTACT = (Field.PHONE, Field.EMAIL, Field.ADDRESS, Field.POSTAL_CODE, Field.PLACE)
#: The fields that hold a date.
DATES = tuple(field for field in Field if field.about.is_date)
#: Values of the participant, by the same names, that a list may write.
PARTICULARS = tuple(field for field in Field if field.about.is_particular)
