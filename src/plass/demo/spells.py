"""The facts of jobs, trials and education, and the smaller acts around them: plan steps and collaborators."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from plass.cases.models import Collaborator
from plass.jobs.models import EducationEnded, EducationStarted, JobChanged, JobEnded, JobStarted
from plass.plan.models import PlanStep, PlanStepDone

from . import acts, names, notes
from .calendar import after, working_day, working_day_before

if TYPE_CHECKING:
    from .course import Spell
    from .life import Life

STUDIES = (
    ("course", "Truckførerkurs", "Oppdikt kurssenter"), ("course", "Hygienekurs", "Oppdikt kurssenter"),
    ("secondary", "Helse- og oppvekstfag", "Fabel videregående skole"),
    ("secondary", "Salg og service", "Fabel videregående skole"),
    ("apprentice", "Fagbrev som renholdsoperatør", "Liksom opplæringskontor"),
    ("apprentice", "Fagbrev i logistikk", "Liksom opplæringskontor"),
    ("vocational", "Barn med særskilte behov", "Eventyr fagskole"),
    ("higher", "Bachelor i regnskap", "Drømme høyskole"),
)  # fmt: skip

COLLABORATORS = (
    ("gp", "fastlege", "Ønskelia legesenter", "Trenger å vite om arbeidstid og tilrettelegging."),
    (
        "mental_health",
        "behandler",
        "Drømmehaugen poliklinikk",
        "Kan snakke om arbeid og hva som hjelper på tunge dager.",
    ),
    ("substance", "behandler", "Luftslottet behandlingssted", "Kan avtale timer utenom arbeidstid."),
    ("municipality", "bokonsulent", "Fabelvik kommune", "Kan snakke om bolig og økonomi."),
    ("school", "rådgiver", "Fabel videregående skole", "Kan snakke om oppmøte og tilrettelegging."),
    ("family", "søster", "", "Kan ringes når det ikke kommer svar."),
    ("friend", "venn", "", "Kan ringes når det ikke kommer svar."),
)


def work_and_study(life: Life) -> None:
    """The facts of every spell of the course."""
    for spell in life.course.spells:
        if spell.kind == "study":
            _study(life, spell)
        else:
            _work(life, spell)


def _work(life: Life, spell: Spell) -> None:
    rng = life.rng
    occupation = rng.choice(life.wants.occupations)
    trial_at = next(
        (life.workplaces[id(s)] for s in life.course.spells if s.kind == "trial" and id(s) in life.workplaces), None
    )
    # A trial often becomes a job at the same place.
    employer = trial_at if spell.kind == "job" and trial_at and rng.random() < 0.5 else None
    employer = employer or life.place.workplace(rng, occupation)
    life.workplaces[id(spell)] = employer
    known_on = spell.start
    if spell.start >= life.today:
        known_on = min(working_day_before(spell.start - timedelta(days=rng.randint(6, 16))), life.yesterday)
        known_on = max(known_on, life.course.talk or known_on)
    elif not life.open_on(spell.start):
        return
    by = life.place.specialist(known_on)
    unpaid = spell.kind == "trial"
    start = acts.fact(
        JobStarted,
        spell.start,
        by,
        recorded_on=known_on if known_on != spell.start else life.written(spell.start),
        employer=employer,
        contact_person=life.place.boss(employer).number,
        title=occupation.title[:1].upper() + occupation.title[1:],
        occupation=occupation.code,
        form=spell.form,
        subsidised=spell.subsidised and not unpaid,
        hours_per_week=spell.hours,
        hourly_pay=None if unpaid or rng.random() < 0.3 else float(occupation.pay + rng.randint(-10, 25)),
        planned_end_on=spell.planned_end,
        support_plan=rng.choice(notes.JOB_SUPPORT),
    )
    life.acts.append(start)
    for day, hours, planned_end in spell.changes:
        if life.open_on(day) and day > start.day:
            note = "Avtalen ble forlenget." if planned_end else "Fast ansatt videre."
            if hours != spell.hours:
                note = rng.choice(notes.JOB_CHANGES)
            life.acts.append(
                acts.fact(
                    JobChanged,
                    day,
                    life.place.specialist(day),
                    job=start,
                    hours_per_week=hours,
                    planned_end_on=planned_end,
                    note=note,
                )
            )
    if spell.end is not None:
        _work_ends(life, spell, start)


def _work_ends(life: Life, spell: Spell, start: acts.FactRecorded) -> None:
    assert spell.end is not None
    rng = life.rng
    # A job lost after the follow-up had ended is written down when the case is opened again.
    written = life.course.closed_on(spell.end) or spell.end
    if written > life.yesterday or (life.course.ended and written > life.course.ended):
        return
    few = (spell.end - spell.start).days < 8 and spell.kind == "job"
    written = max(written, start.day)
    life.acts.append(
        acts.fact(
            JobEnded,
            spell.end,
            life.place.specialist(written),
            recorded_on=written if written != spell.end else None,
            job=start,
            reason=spell.end_reason,
            paid_hours_in_all=round(rng.uniform(1.5, 12.0) * 2) / 2 if few else None,
            worked_well=rng.choice(notes.WORKED_WELL),
            worked_badly=rng.choice(notes.WORKED_BADLY),
            lessons=rng.choice(notes.LESSONS),
        )
    )


def _study(life: Life, spell: Spell) -> None:
    rng = life.rng
    if not life.open_on(spell.start):
        return
    level, subject, school = rng.choice(STUDIES)
    start = acts.fact(
        EducationStarted,
        spell.start,
        life.place.specialist(spell.start),
        level=level,
        subject=subject,
        institution=school,
        form=rng.choice(("full_time", "part_time", "beside_work")),
        planned_end_on=spell.planned_end,
        support_plan=rng.choice(("", "Møte med rådgiver hver måned.", "Leksehjelp på biblioteket.")),
    )
    life.acts.append(start)
    if spell.end is not None and life.open_on(spell.end):
        life.acts.append(
            acts.fact(
                EducationEnded,
                spell.end,
                life.place.specialist(spell.end),
                education=start,
                outcome=spell.end_reason,
                worked_well=rng.choice(("Små grupper.", "God hjelp fra læreren.", "Praktiske oppgaver.")),
                worked_badly=rng.choice(("Mye lesing.", "", "Lang reisevei.")),
            )
        )


def collaborator(life: Life, day: date) -> None:
    """Somebody outside begins to help at the same time."""
    role, title, where, agreement = life.rng.choice(COLLABORATORS)
    rng = life.rng
    name = f"{rng.choice(names.STAFF_GIVEN)} {rng.choice(names.STAFF_FAMILY)} ({title})"
    life.acts.append(
        acts.fact(
            Collaborator,
            day,
            life.place.specialist(day),
            role=role,
            name=name,
            organisation=where,
            phone=names.phone(int(rng.random() * 10_000)),
            email="",
            agreement=agreement,
        )
    )


def step(life: Life, day: date) -> None:
    """A step of the plan is agreed, and done where its day has come."""
    rng = life.rng
    description, who = rng.choice(notes.STEPS)
    words = life.words(life.current)
    due = working_day(after(rng, day, 6, 35), life.today)
    planned = acts.fact(
        PlanStep,
        day,
        life.place.specialist(day),
        what=description.format_map(words),
        who=who,
        due_on=due if rng.random() < 0.9 else None,
        goal=rng.choice(notes.GOALS).format_map(words),
    )
    life.acts.append(planned)
    done_on = working_day(after(rng, due, -4, 6), life.today)
    late = (life.today - due).days < 9
    if done_on >= day and life.open_on(done_on) and (not late or rng.random() < 0.55):
        life.acts.append(
            acts.fact(
                PlanStepDone,
                done_on,
                life.place.specialist(done_on),
                step=planned,
                outcome="done" if rng.random() < 0.9 else "dropped",
                note=rng.choice(notes.STEP_RESULTS),
            )
        )
