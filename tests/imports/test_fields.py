"""Every field of the import is whole: it has a heading, is choosable, read, shown, compared, in template and help."""

from __future__ import annotations

from datetime import date

import pytest
import typer
from django.utils import timezone

from plass.imports import actions, commands, labels, moved_cells, plan, sheet, template_workbook
from plass.imports.actions import Outcome
from plass.imports.fields import OF_A_JOB, SECOND_JOB, Field
from plass.imports.headings import HEADINGS
from plass.imports.import_request import ImportRequest
from plass.imports.queries import counsellors_of, who_follows_in
from plass.imports.questions import accepting_guesses
from plass.jobs.models import JobEnded, JobStarted
from plass.organisation.models import Role

from ..conftest import as_owner
from ..world import identity_number, member, user
from .lists import ago, csv, written

#: For each field two things that a list may say. A new field gets a line here.
VALUES: dict[Field, tuple[str, str]] = {
    Field.NAME: ("Kari Testesen", "Anne Prøvesen"),
    Field.GIVEN_NAME: ("Kari", "Anne"),
    Field.MIDDLE_NAME: ("Marie", "Sofie"),
    Field.FAMILY_NAME: ("Testesen", "Prøvesen"),
    Field.PHONE: ("40000001", "40000002"),
    Field.EMAIL: ("kari@example.no", "anne@example.no"),
    Field.ADDRESS: ("Storgata 1", "Lillegata 2"),
    Field.POSTAL_CODE: ("0150", "5003"),
    Field.PLACE: ("Oslo", "Bergen"),
    Field.PROTECTION: ("fortrolig", "nei"),
    Field.REFERRED_ON: (written(ago(180)), written(ago(190))),
    Field.STARTED_ON: (written(ago(170)), written(ago(165))),
    Field.LAST_MET_ON: (written(ago(20)), written(ago(10))),
    Field.WISHES: ("lager", "butikk"),
    Field.STATUS: ("pågår", "avsluttet"),
    Field.PLANNED_END_ON: (written(ago(-50)), written(ago(50))),
    Field.ENDED_ON: (written(ago(9)), written(ago(8))),
    Field.END_CAUSE: ("Kom i jobb", "Utdanning i egen regi"),
    Field.EMPLOYER: ("Kafé Fjord", "Kiosken"),
    Field.EMPLOYER_NUMBER: ("974760673", "889640782"),
    Field.JOB_TITLE: ("Servitør", "Kokk"),
    Field.JOB_FORM: (str(JobStarted.Form.PERMANENT.label), str(JobStarted.Form.TEMPORARY.label)),
    Field.JOB_HOURS: ("20", "30"),
    Field.JOB_PERCENT: ("50", "80"),
    Field.JOB_STARTED_ON: (written(ago(100)), written(ago(90))),
    Field.JOB_ENDED_ON: (written(ago(15)), written(ago(14))),
    Field.JOB_END_REASON: (str(JobEnded.Reason.HEALTH.label), str(JobEnded.Reason.NEW_JOB.label)),
    Field.SUBSIDISED: ("ja", "nei"),
}
#: What must be said too where the first is said, and what is then left out.
WITH = {
    Field.END_CAUSE: {Field.ENDED_ON},
    Field.JOB_END_REASON: {Field.JOB_ENDED_ON},
    Field.BIRTH_DATE: {Field.PERSONAL_NUMBER},
    Field.PERSONAL_NUMBER: {Field.BIRTH_DATE},
}
INSTEAD_OF = {
    Field.NAME: {Field.GIVEN_NAME, Field.FAMILY_NAME},
    Field.BIRTH_DATE: {Field.IDENTITY_NUMBER},
    Field.PERSONAL_NUMBER: {Field.IDENTITY_NUMBER},
    Field.JOB_PERCENT: {Field.JOB_HOURS},
}

#: Who it is: another number is another person, and it is shown nowhere.
WHO = {Field.IDENTITY_NUMBER, Field.BIRTH_DATE, Field.PERSONAL_NUMBER}
#: The fields that are not written, but looked at.
LOOKED_AT = (Field.STATUS, Field.PLANNED_END_ON)
NOT_SHOWN = WHO
NAMES = {Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME}
#: A talk on another day is another talk, and a job of another employer is another job. Who has another name is asked.
NOT_COMPARED = {*WHO, *LOOKED_AT, *NAMES, Field.LAST_MET_ON, Field.EMPLOYER, Field.EMPLOYER_NUMBER}
#: Their cells cannot be told from those of other columns.
LIKE_OTHERS = {
    *(Field.PERSONAL_NUMBER, Field.PROTECTION, Field.WISHES),
    *(Field.SUBSIDISED, SECOND_JOB[Field.SUBSIDISED]),
}
#: The template asks for one name and one number, in one way, for one job, and for nothing that is not written.
NOT_IN_THE_TEMPLATE = {Field.NAME, Field.MIDDLE_NAME, Field.BIRTH_DATE, Field.PERSONAL_NUMBER, *LOOKED_AT}
#: What a difference of the field is told under, where that is another field.
TOLD_AS = {Field.NAME: Field.GIVEN_NAME, Field.MIDDLE_NAME: Field.GIVEN_NAME, Field.JOB_PERCENT: Field.JOB_HOURS}

FIELDS = [field for field in Field if field]
FIRST = [field for field in FIELDS if field not in SECOND_JOB.values()]


def values_of(world) -> dict[Field, tuple[str, str]]:
    """The two values of each field that is not of a second job."""
    specialists = [user.name for user in who_follows_in(world.team)]
    counsellors = [user.name for user in counsellors_of(world.team)]
    number, other = identity_number(), identity_number(date(1991, 6, 18))
    return VALUES | {
        Field.SPECIALIST: (specialists[0], specialists[1]),
        Field.COUNSELLOR: (counsellors[0], counsellors[-1]),
        Field.IDENTITY_NUMBER: (number, other),
        Field.BIRTH_DATE: (number[:6], other[:6]),
        Field.PERSONAL_NUMBER: (number[6:], other[6:]),
    }


def test_every_field_has_a_heading_a_place_among_the_choices_and_a_line_in_the_list_of_fields(capsys):
    missing = []
    choosable = [field for _group, fields in labels.GROUPS for field in fields]
    with pytest.raises(typer.Exit):
        commands._list_fields(True)
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == FIELDS
    for field in FIELDS:
        if choosable.count(field) != 1:
            missing.append(f"{field}: say in fields.py in which group it stands, or nobody can choose it")
        if field in FIRST and not HEADINGS.get(field):
            missing.append(f"{field}: say in fields.py or headings.py how offices write it")
    assert not missing, "\n".join(missing)


def test_every_field_is_in_the_template_or_said_not_to_be():
    there = [column.field for column in template_workbook._columns()]
    missing = [
        f"{field}: give it a column of the template in fields.py, or put it into NOT_IN_THE_TEMPLATE here"
        for field in FIRST
        if (field in there) is (field in NOT_IN_THE_TEMPLATE)
    ]
    assert not missing, "\n".join(missing)


def test_every_field_is_told_from_its_neighbours_or_said_not_to_be():
    missing = [
        f"{field}: say in fields.py what its cells hold, or put it into LIKE_OTHERS here"
        for field in FIELDS
        if (field in moved_cells.HELD_BY) is (field in LIKE_OTHERS)
    ]
    assert not missing, "\n".join(missing)


def rows_of(field: Field, values: dict[Field, tuple[str, str]]) -> list[dict[Field, str]]:
    """Two rows that differ in one field."""
    first = next((one for one, second in SECOND_JOB.items() if second is field), field)
    there = {Field.IDENTITY_NUMBER, Field.GIVEN_NAME, Field.FAMILY_NAME, Field.REFERRED_ON, first, *WITH.get(first, ())}
    if first in OF_A_JOB:
        there |= {Field.EMPLOYER, Field.JOB_TITLE, Field.JOB_FORM, Field.JOB_HOURS, Field.JOB_STARTED_ON}
    there -= INSTEAD_OF.get(first, set())
    rows = []
    for which in (0, 1):
        row = {one: values[one][which if one is first or {one, first} <= WHO else 0] for one in there}
        if first is not field:
            first_job = {one: value for one, value in row.items() if one in OF_A_JOB}
            row |= {SECOND_JOB[one]: value for one, value in first_job.items()}
            job = {Field.EMPLOYER: "Et annet sted", Field.JOB_FORM: values[Field.JOB_FORM][0], Field.JOB_HOURS: "10"}
            row = {one: value for one, value in row.items() if one not in OF_A_JOB}
            row |= job | {Field.JOB_TITLE: "Vakt", Field.JOB_STARTED_ON: written(ago(95))}
        rows.append(row)
    return rows


def planned(row: dict[Field, str]) -> plan.Plan:
    """The plan of a list with one row, whose columns were chosen by hand."""
    read = sheet.read(csv([{field.value: cell for field, cell in row.items()}]), "liste.csv")
    by_heading = {column.index: Field(column.heading) for column in read.columns}
    asked = plan.make(read, by_heading, today=timezone.localdate())
    answers = accepting_guesses(asked.questions, asked.answers)
    return plan.make(read, by_heading, today=timezone.localdate(), answers=answers)


def load(world, row: dict[Field, str], *, dry_run: bool) -> Outcome:
    specialists = who_follows_in(world.team)
    return actions.write(
        planned(row),
        ImportRequest(
            by=world.supervisor, team=world.team, specialists=specialists, unnamed=specialists[0], dry_run=dry_run
        ),
    )


def said(outcome: Outcome) -> list[str]:
    """All that the preview says of the row."""
    (report,) = outcome.reports.values()
    return [report.who, *report.writes, *report.remarks, *report.doubts, *report.problems]


def test_every_field_is_read_shown_and_compared_or_said_not_to_be(world):
    with as_owner():
        member(user("vigdis", "Vigdis", "Veileder"), Role.COUNSELLOR, office=world.office)
    world.act_as(world.supervisor)
    missing = []
    for field in FIELDS:
        values = values_of(world)
        first = next((one for one, second in SECOND_JOB.items() if second is field), field)
        if first not in values:
            missing.append(f"{field}: say in VALUES here what a list may say in it")
            continue
        before, after = rows_of(field, values)
        plans = [planned(row) for row in (before, after)]
        if str(plans[0].people) == str(plans[1].people) and str(plans[0].reports) == str(plans[1].reports):
            missing.append(f"{field}: nothing reads it: reader.py or job_reader.py")
        shown = said(load(world, before, dry_run=True)) != said(load(world, after, dry_run=True))
        if shown is (first in NOT_SHOWN):
            missing.append(f"{field}: show it before it is written (row_preview.py), or put it into NOT_SHOWN here")
        outcome = load(world, before, dry_run=False)
        if outcome.people != 1:
            missing.append(f"{field}: the row here cannot be written: {said(outcome)}")
        told = {one.field for one in load(world, after, dry_run=True).reports[2].differences}
        if (TOLD_AS.get(first, first) in told) is (first in NOT_COMPARED):
            missing.append(f"{field}: compare it in differences.py, or put it into NOT_COMPARED here")
    assert not missing, "\n".join(missing)
