"""The case page: what it shows, to whom, with how many questions, and that what is asked for is logged."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.facts import correct, record_all
from plass.cases.models import Case
from plass.employers.models import Employer
from plass.followup import actions as followup
from plass.followup.models import Contact
from plass.jobs import actions as jobs
from plass.plan import actions as plan
from plass.profiles import actions as profiles
from tests.world import World, identity_number

TODAY = timezone.localdate()


def ago(days: int):
    return TODAY - timedelta(days=days)


def employer(world: World, name: str = "Prøvebakeriet") -> Employer:
    return Employer.objects.create(name=name, place="Nordbyen", recorded_by=world.specialist)


def talk(case: Case, world: World, days_ago: int, *, party: str = "participant", **more):
    values = {"channel": "in_person", "purpose": "follow_up", "minutes": 45, "place": "office", **more}
    return followup.record_contact(case, by=world.specialist, happened_on=ago(days_ago), parties=[party], **values)


def rich_case(world: World, times: int = 1) -> Case:
    """A case with something of everything, ``times`` over."""
    case = world.refer("Kari", "Prøvesen", on=ago(300), phone="400 00 001", address="Prøvegata 1", place="Nordbyen")
    by = world.specialist
    newest = None
    for n in range(times):
        shop = employer(world, f"Prøvebutikk {n}")
        talk(case, world, 250 - n, note=f"Samtale {n}")
        talk(case, world, 240 - n, party="employer", employer=shop, purpose="job_development", place="workplace")
        step = plan.add_step(case, by=by, what=f"Ringe butikk {n}", who="specialist", due_on=TODAY)
        plan.add_step(case, by=by, what=f"Skrive søknad {n}", who="participant")
        plan.end_step(step, by=by, outcome="done", note="Gjort")
        followup.book_meeting(
            case,
            by=by,
            starts_at=timezone.now() + timedelta(days=2 + n),
            parties=["participant"],
            purpose="follow_up",
            place="office",
        )
        start = jobs.start_job(
            case,
            by=by,
            happened_on=ago(200 - 2 * n),
            employer=shop,
            title=f"Butikkmedarbeider {n}",
            form="temporary",
            hours_per_week=15,
            beside=True,
        )
        jobs.change_job(case, by=by, job_id=start.job_id, happened_on=ago(150), hours_per_week=20 + n % 5, note="Mer")
        if n % 2:
            jobs.end_job(case, by=by, job_id=start.job_id, happened_on=ago(100), reason="economy")
        cases.add_collaborator(
            case, by=by, happened_on=ago(90), role="gp", name=f"Lege {n}", agreement="Kan ringe om arbeidstid"
        )
        newest = profiles.agree(
            case, by=by, happened_on=ago(100 - n), based_on=newest, occupations=["Baker"], strengths=f"Rolig {n}"
        ).pk
        jobs.start_education(
            case, by=by, happened_on=ago(50), subject=f"Truckkurs {n}", level="course", form="part_time"
        )
    return case


def queries_of(client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(
        [query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    )


@pytest.mark.parametrize("times", [1, 12])
def test_twelve_questions_whatever_the_size(world, client, times):
    case = rich_case(world, times)
    client.force_login(world.specialist)
    assert queries_of(client, f"/sak/{case.pk}/") <= 12
    assert queries_of(client, f"/sak/{case.pk}/tidslinje/") <= 8


def test_the_page_says_who_what_is_next_and_why_it_may_be_seen(world, client):
    case = rich_case(world)
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert "Kari Prøvesen" in page
    assert 'href="tel:40000001"' in page
    assert "Prøvegata 1" in page
    assert "Siri Spesialist" in page and "Vidar Veileder" in page
    assert "Skrive søknad 0" in page
    assert "Butikkmedarbeider 0" in page and "Prøvebutikk 0" in page
    assert "Lege 0" in page and "Truckkurs 0" in page and "Baker" in page
    assert "Du følger opp" in page


def test_nobody_without_a_part_in_the_case_sees_it(world, client):
    case = rich_case(world)
    for who in (world.other_specialist, world.leader, world.administrator):
        client.force_login(world.act_as(who))
        for path in ("", "tidslinje/", "milepel/started_on/"):
            assert client.get(f"/sak/{case.pk}/{path}").status_code == 404
        assert client.post(f"/sak/{case.pk}/fodselsnummer/").status_code == 404


def test_a_protected_address_is_not_on_the_page_and_a_warning_is(world, client):
    case = world.refer(
        "Skjult", "Prøve", protection="strictly_confidential", address="Hemmeliggata 7", place="Nordbyen"
    )
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert "Hemmeliggata" not in page
    assert "aldri" in page.lower()


def test_the_identity_number_is_shown_only_on_demand_and_that_is_logged(world, client):
    number = identity_number()
    case = world.refer(number=number)
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert number not in page and identity.shown(number) not in page
    assert client.get(f"/sak/{case.pk}/fodselsnummer/").status_code == 405
    shown = client.post(f"/sak/{case.pk}/fodselsnummer/")
    assert identity.shown(number) in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    world.act_as(world.specialist)
    assert AccessLogEntry.objects.filter(case_id=case.pk, purpose="identity number", allowed=True).count() == 1
    piece = client.post(f"/sak/{case.pk}/fodselsnummer/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece and identity.shown(number) in piece


def test_what_is_missing_is_shown_and_closes_nothing(world, client):
    case = world.refer(on=ago(60))
    talk(case, world, 50)
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert "yrkesprofil" in page.lower(), "no profile yet"
    assert f'href="/sak/{case.pk}/jobb/"' in page, "a job may be recorded all the same"


@pytest.mark.parametrize(
    ("form", "hours", "expected"),
    [
        ("permanent", 1, "fram til da er fasen «jobbutvikling». med timene som er registrert, blir den «i jobb» "),
        ("work_trial", 20, "teller ikke som jobb. fasen er derfor «jobbutvikling»."),
        ("permanent", 4, None),
    ],
)
def test_a_job_that_does_not_count_yet_says_why_the_phase_is_what_it_is(world, client, form, hours, expected):
    """Three days of one hour a week are no fourth hour; it comes after 28 days, on the 28th."""
    case = world.refer(on=ago(60))
    talk(case, world, 20, party="employer", employer=employer(world), purpose="job_development", place="workplace")
    jobs.start_job(
        case,
        by=world.specialist,
        happened_on=ago(3),
        employer=employer(world, "Prøvekafeen"),
        title="Kokk",
        form=form,
        hours_per_week=hours,
    )
    client.force_login(world.specialist)
    soup = BeautifulSoup(client.get(f"/sak/{case.pk}/").content.decode(), "html.parser")
    element = soup.select_one("[data-not-yet]")
    if expected is None:
        assert element is None
        return
    text = " ".join(element.get_text().split()).lower()
    assert expected in text
    if form == "permanent":
        assert text.endswith(f"{TODAY + timedelta(24):%d.%m.%Y}.")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"withheld_because": "nei"}, "hvilken grunn i loven"),
        ({"minutes": "0"}, "hvor mange minutter"),
        ({"place": ""}, "Si hvor det var"),
        ({"happened_on": "0202-03-04"}, "Sjekk årstallet"),
        ({"channel": ""}, "Si hvordan dere"),
    ],
)
def test_a_correction_refuses_what_recording_refuses(world, client, wrong, says):
    case = world.refer(on=ago(9))
    fact = talk(case, world, 3)
    client.force_login(world.specialist)
    form = {
        "submission": str(uuid.uuid4()),
        "parties": ["participant"],
        "channel": "in_person",
        "place": "office",
        "minutes": "45",
        "purpose": "follow_up",
        "happened_on": f"{ago(3):%Y-%m-%d}",
        "correction_reason": "Feil",
        **wrong,
    }
    recorded = client.post(f"/sak/{case.pk}/kontakt/", form)
    corrected = client.post(f"/sak/{case.pk}/rett/contact/{fact.pk}/", form | {"corrects": str(fact.pk)})
    for page in (recorded, corrected):
        assert page.status_code == 422 and says in page.content.decode()
    assert Contact.objects.count() == 1


def test_a_correction_of_what_somebody_corrected_meanwhile_is_shown_to_them_and_not_written(world, client):
    """The form says which version was in front of whoever wrote it, whatever address it is sent to."""
    case = world.refer(on=ago(9))
    fact = talk(case, world, 3)
    now = correct(fact, by=world.act_as(world.specialist), reason="Feil dag", happened_on=ago(4))
    client.force_login(world.act_as(world.colleague))
    form = {
        "parties": ["participant"],
        "channel": "in_person",
        "place": "office",
        "minutes": "50",
        "purpose": "follow_up",
        "happened_on": f"{ago(3):%Y-%m-%d}",
        "correction_reason": "Feil lengde",
        "corrects": str(fact.pk),
    }
    for address in (fact.pk, now.pk):
        answer = client.post(f"/sak/{case.pk}/rett/contact/{address}/", form | {"submission": str(uuid.uuid4())})
        assert answer.status_code == 422 and "Feil dag" in answer.content.decode()
    world.act_as(world.specialist)
    assert Contact.objects.count() == 2


def test_what_an_imported_list_does_not_say_is_not_asked_for_by_a_correction(world, client):
    """Nobody knows how long it took; whoever mends the day need not invent it."""
    case = world.refer(on=ago(9))
    about = {"case": case, "happened_on": ago(3), "parties": ["participant"], "channel": "in_person"}
    (fact,) = record_all([Contact(**about, purpose="follow_up", recorded_by=world.specialist)], by=world.specialist)
    new = correct(fact, by=world.specialist, reason="Feil dag", happened_on=ago(4))
    assert (new.minutes, new.place) == (0, "")
    with pytest.raises(ValidationError):
        correct(talk(case, world, 2), by=world.specialist, reason="Feil", minutes=0)


def test_a_lost_job_leads_to_the_next(world, client):
    case = world.refer(on=ago(200))
    start = jobs.start_job(
        case,
        by=world.specialist,
        happened_on=ago(100),
        employer=employer(world),
        title="Baker",
        form="permanent",
        hours_per_week=20,
    )
    cases.end(case, by=world.specialist, happened_on=ago(60), cause="work")
    jobs.end_job(case, by=world.specialist, job_id=start.job_id, happened_on=ago(3), reason="economy")
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert 'id="lost-title"' in page
    assert f'href="/sak/{case.pk}/gjenapne/"' in page
    cases.reopen(case, by=world.act_as(world.specialist), happened_on=TODAY, reason="job_lost")
    jobs.start_job(
        case,
        by=world.specialist,
        happened_on=TODAY + timedelta(days=9),
        employer=employer(world, "Nestebakeriet"),
        title="Baker",
        form="permanent",
        hours_per_week=20,
    )
    assert 'id="lost-title"' not in client.get(f"/sak/{case.pk}/").content.decode(), "the next job is found"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("referred_on", "referral"),
        ("taken_on", "assignment"),
        ("started_on", "contact"),
        ("first_employer_contact_on", "contact"),
        ("first_profile_on", "profile"),
        ("first_job_on", "job_start"),
        ("retained_13_weeks", "job_start"),
    ],
)
def test_each_milestone_opens_the_facts_it_comes_from(world, client, name, kind):
    case = rich_case(world)
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert f"/sak/{case.pk}/milepel/{name}/" in page
    opened = client.get(f"/sak/{case.pk}/milepel/{name}/").content.decode()
    assert f'id="{kind}-' in opened


def test_a_milestone_not_reached_says_so_and_an_unknown_one_is_not_there(world, client):
    case = world.refer()
    client.force_login(world.specialist)
    assert 'id="contact-' not in client.get(f"/sak/{case.pk}/milepel/started_on/").content.decode()
    assert client.get(f"/sak/{case.pk}/milepel/no_such/").status_code == 404
