"""The pages that record jobs and education, as they are used: what they begin with, what they ask again, where they lead."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from plass.employers.models import ContactPerson, Employer
from plass.followup.models import Contact
from plass.jobs import actions, queries
from plass.jobs.models import EducationEnded, EducationStarted, JobChanged, JobEnded, JobStarted
from tests.followup.made import contact

TODAY = timezone.localdate()


def ago(days: int):
    return TODAY - timedelta(days)


@pytest.fixture
def case(world, client):
    """A case of the specialist, who is logged in."""
    case = world.refer(on=ago(200))
    client.force_login(world.specialist)
    return case


@pytest.fixture
def shop(world, case):
    return Employer.objects.create(name="Prøvebutikken", place="Bergen", recorded_by=world.specialist)


@pytest.fixture
def job(world, case, shop):
    """A job that goes on."""
    return actions.start_job(
        case,
        by=world.specialist,
        happened_on=ago(100),
        employer=shop,
        title="Butikkmedarbeider",
        form="permanent",
        hours_per_week=Decimal(15),
    ).job_id


def educate(case, by, subject):
    """An education that goes on."""
    level, form = EducationStarted.Level.values[0], EducationStarted.Form.values[0]
    return actions.start_education(case, by=by, happened_on=ago(9), subject=subject, level=level, form=form)


def address(name, case, *numbers):
    return reverse(f"jobs:{name}", args=[case.pk, *numbers])


def sent(**values):
    return {"submission": str(uuid.uuid4()), **values}


def start_form(**values):
    return sent(
        **(
            {
                "employer_text": "Prøvebutikken",
                "title": "Lagermedarbeider",
                "form": "permanent",
                "hours_per_week": "18,75",
                "happened_on": ago(3).isoformat(),
            }
            | values
        )
    )


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def text(response):
    return soup(response).main.get_text(" ", strip=True)


def errors(response):
    return " ".join(item.get_text(" ", strip=True) for item in soup(response).select("[data-error-summary] li"))


def field(response, name):
    return soup(response).find(attrs={"name": name}).get("value")


def test_a_job_is_recorded_once_with_hours_as_people_write_them_and_stands_on_the_case(client, case, shop):
    form = start_form()
    for _time in range(2):
        answer = client.post(address("start", case), form)
        assert answer.status_code == 303
    started = JobStarted.objects.get()
    assert (started.employer, started.title, started.hours_per_week) == (shop, "Lagermedarbeider", Decimal("18.75"))
    page = text(client.get(answer["Location"]))
    assert "Jobben er registrert." in page and "Lagermedarbeider" in page and "18,75 timer i uken" in page


def test_an_employer_and_somebody_there_are_recorded_with_the_job(client, case):
    form = start_form(employer="new", employer_text="Nye Bakeri AS", employer_place="Voss", person_name="Berit Baker")
    assert client.post(address("start", case), form).status_code == 303
    started = JobStarted.objects.get()
    assert (started.employer.name, started.employer.place) == ("Nye Bakeri AS", "Voss")
    assert started.contact_person == ContactPerson.objects.get(name="Berit Baker", employer=started.employer)


def test_the_form_begins_with_the_employer_that_the_address_names(client, case, shop):
    assert field(client.get(f"{address('start', case)}?arbeidsgiver={shop.pk}"), "employer") == str(shop.pk)
    for not_a_number in ("x", "1" * 30, "²"):
        answer = client.get(f"{address('start', case)}?arbeidsgiver={not_a_number}")
        assert answer.status_code == 200
        assert not soup(answer).find("input", {"name": "employer", "checked": True})


def test_employers_one_has_talked_with_for_this_person_are_offered_at_once(client, case, shop, world):
    other_case = world.refer("Annen")
    elsewhere = Employer.objects.create(name="Mølla", recorded_by=world.specialist)
    assert "Prøvebutikken" not in text(client.get(address("start", case)))
    world.act_as(world.specialist)
    contact(case, world.specialist, parties=["employer"], employer=shop)
    contact(other_case, world.specialist, parties=["employer"], employer=elsewhere)
    assert Contact.objects.count() == 2
    page = text(client.get(address("start", case)))
    assert "Prøvebutikken" in page and "Mølla" not in page


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"title": " "}, "Skriv stillingstittelen."),
        ({"form": ""}, "ansettelsesform"),
        ({"hours_per_week": ""}, "15 eller 7,5"),
        ({"hours_per_week": "mange"}, "som et tall"),
        ({"hours_per_week": "0"}, "Bare tilkallingsarbeid"),
        ({"happened_on": ""}, "Skriv første dag."),
        ({"happened_on": "i går"}, "dag.måned.år"),
        ({"happened_on": (TODAY + timedelta(400)).isoformat()}, "mer enn ett år fram"),
        ({"planned_end_on": ago(4).isoformat()}, "Avtalt siste dag kan ikke være før"),
        ({"employer_text": ""}, "arbeidsgiver"),
    ],
)
def test_what_is_wrong_with_a_job_is_told_and_what_was_typed_stays(client, case, shop, wrong, message):
    answer = client.post(address("start", case), start_form(**({"support_plan": "Ukentlig"} | wrong)))
    assert answer.status_code == 422
    assert message in errors(answer)
    assert "Ukentlig" in soup(answer).find("textarea", {"name": "support_plan"}).get_text()
    assert not JobStarted.objects.exists()


def test_a_second_job_at_the_same_time_is_asked_about_in_the_form(client, case, job):
    assert not soup(client.get(address("start", case))).find("input", {"name": "beside"})
    refused = client.post(address("start", case), start_form())
    assert refused.status_code == 422
    assert "Butikkmedarbeider hos Prøvebutikken pågår samtidig" in errors(refused)
    assert soup(refused).find("input", {"name": "beside"}), "the question stands in the form now"
    assert client.post(address("start", case), start_form(beside="on")).status_code == 303
    assert JobStarted.objects.count() == 2


def test_a_change_begins_with_the_terms_that_hold_and_keeps_what_is_not_touched(client, case, job):
    form = client.get(address("change", case, job))
    assert field(form, "hours_per_week") in {"15", "15,0"}
    assert "Butikkmedarbeider, Prøvebutikken" in text(form) and "15 timer i uken" in text(form)
    same = sent(happened_on=ago(10).isoformat(), hours_per_week="15", planned_end_on="", note="")
    refused = client.post(address("change", case, job), same)
    assert refused.status_code == 422
    assert "Ingenting er endret." in errors(refused)
    change = {**same, "submission": str(uuid.uuid4()), "hours_per_week": "22,5"}
    assert client.post(address("change", case, job), change).status_code == 303
    changed = JobChanged.objects.filter(superseded_at=None).latest("pk")
    assert (changed.job_id, changed.hours_per_week, changed.planned_end_on) == (job, Decimal("22.5"), None)


def test_a_job_ends_and_a_second_end_is_shown_the_first(client, case, job):
    end = sent(happened_on=ago(1).isoformat(), reason="agreed_end", worked_well="Kollegene", lessons="Fast plass")
    assert client.post(address("end", case, job), end).status_code == 303
    ended = JobEnded.objects.get()
    assert (ended.job_id, ended.worked_well, ended.lessons) == (job, "Kollegene", "Fast plass")
    again = client.get(address("end", case, job))
    assert "har allerede en siste dag" in text(again)
    correction = reverse("timeline:correct", args=[case.pk, "job_end", ended.pk])
    assert soup(again).find("a", href=correction)
    refused = client.post(address("end", case, job), {**end, "submission": str(uuid.uuid4())})
    assert refused.status_code == 422
    assert "har allerede en siste dag" in errors(refused)
    assert JobEnded.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"happened_on": ""}, "Skriv siste arbeidsdag."),
        ({"reason": ""}, "Si hvorfor det tok slutt."),
        ({"happened_on": ago(101).isoformat()}, "Siste dag kan ikke være før den første"),
        ({"paid_hours_in_all": "noen"}, "tall"),
    ],
)
def test_what_is_wrong_with_an_end_is_told_and_what_was_typed_stays(client, case, job, wrong, message):
    end = sent(**({"happened_on": ago(1).isoformat(), "reason": "agreed_end", "lessons": "Fast plass"} | wrong))
    answer = client.post(address("end", case, job), end)
    assert answer.status_code == 422
    assert message in errors(answer)
    assert "Fast plass" in soup(answer).find("textarea", {"name": "lessons"}).get_text()
    assert not JobEnded.objects.exists()


def test_the_end_of_a_job_begins_today_with_no_reason_though_a_last_day_was_agreed(client, case, shop, world):
    agreed = actions.start_job(
        case,
        by=world.specialist,
        happened_on=ago(60),
        employer=shop,
        title="Vikar",
        form="temporary",
        hours_per_week=Decimal(20),
        planned_end_on=ago(2),
    )
    form = client.get(address("end", case, agreed.job_id))
    assert field(form, "happened_on") == TODAY.isoformat()
    assert soup(form).find("input", {"name": "reason"}) and not soup(form).find(
        "input", {"name": "reason", "checked": True}
    )
    # What was agreed is said, for whoever ends it to choose.
    assert f"avtalt til {ago(2).day}." in text(form)


def test_a_job_ahead_says_when_it_begins_and_how_it_is_taken_back(client, case, shop, world):
    first_day = TODAY + timedelta(14)
    ahead = actions.start_job(
        case,
        by=world.specialist,
        happened_on=first_day,
        employer=shop,
        title="Vikar",
        form="temporary",
        hours_per_week=Decimal(20),
        planned_end_on=first_day + timedelta(90),
    )
    page = client.get(address("end", case, ahead.job_id))
    assert "har ikke begynt ennå" in text(page)
    assert f"begynner {first_day.day}." in text(page)
    assert soup(page).find("a", href=reverse("timeline:correct", args=[case.pk, "job_start", ahead.pk]))
    assert field(page, "happened_on") == TODAY.isoformat(), (
        "an agreed day that lies ahead is not guessed to be the last"
    )


def test_an_education_is_recorded_and_ended_once(client, case):
    offered = soup(client.get(address("education", case)))
    level, form = (offered.find("input", {"name": name, "type": "radio"})["value"] for name in ("level", "form"))
    form = sent(subject="Helsefag", institution="Fagskolen", level=level, form=form, happened_on=ago(30).isoformat())
    for _time in range(2):
        assert client.post(address("education", case), form).status_code == 303
    started = EducationStarted.objects.get()
    where = address("education_end", case, started.education_id)
    assert "Helsefag, Fagskolen" in text(client.get(where))
    early = sent(happened_on=ago(31).isoformat(), outcome="completed")
    refused = client.post(where, early)
    assert refused.status_code == 422 and "før den første" in errors(refused)
    nothing = client.post(where, sent(happened_on=ago(1).isoformat()))
    assert nothing.status_code == 422 and "Si hvordan det sluttet." in errors(nothing)
    assert client.post(where, sent(happened_on=ago(1).isoformat(), outcome="interrupted")).status_code == 303
    assert EducationEnded.objects.get().outcome == "interrupted"
    again = client.post(where, sent(happened_on=ago(1).isoformat(), outcome="completed"))
    assert again.status_code == 422 and "har allerede en siste dag" in errors(again)


def test_a_job_or_an_education_of_another_case_is_not_found(client, case, job, world):
    other_case = world.refer("Annen")
    school = educate(other_case, world.specialist, "Norsk").education_id
    for where in (
        address("change", other_case, job),
        address("end", other_case, job),
        address("education_end", case, school),
    ):
        assert client.get(where).status_code == 404
        assert client.post(where, sent(happened_on=ago(1).isoformat(), reason="agreed_end")).status_code == 404
    assert not JobEnded.objects.exists() and not EducationEnded.objects.exists()


def test_a_job_that_was_withdrawn_is_not_found(client, case, job, world):
    from plass.cases.facts import withdraw

    withdraw(JobStarted.objects.get(), by=world.specialist, reason="Feil person")
    assert client.get(address("end", case, job)).status_code == 404
    assert queries.jobs_of(case).rows() == []


def test_those_without_a_part_find_none_of_the_pages(client, case, job, world):
    client.force_login(world.act_as(world.other_specialist))
    for where in (address("start", case), address("change", case, job), address("end", case, job)):
        assert client.get(where).status_code == 404
        assert client.post(where, start_form()).status_code == 404
    world.act_as(world.specialist)
    assert JobStarted.objects.count() == 1


def test_pages_ask_a_bounded_number_of_questions(client, case, shop, world, django_assert_max_num_queries):
    for rows in (1, 8):
        for number in range(rows):
            started = actions.start_job(
                case,
                by=world.specialist,
                happened_on=ago(50),
                employer=shop,
                title=f"Vikar {rows} {number}",
                form="temporary",
                hours_per_week=Decimal(20),
                beside=True,
            )
            educate(case, world.specialist, f"Norsk {rows} {number}")
        for where in (
            address("start", case),
            address("change", case, started.job_id),
            address("end", case, started.job_id),
        ):
            with django_assert_max_num_queries(12):
                assert client.get(where).status_code == 200
