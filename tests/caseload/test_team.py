"""The team page by hand-counted examples, absence and cover, and handing over many; who may, and who may not."""

from __future__ import annotations

import re
from datetime import timedelta

from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.caseload.team import AT_A_TIME, by_week, caseloads, employers_met, not_met, waiting
from plass.cases import actions as case_actions
from plass.cases.facts import record
from plass.cases.models import Assignment, Case
from plass.employers.models import Employer
from plass.followup.models import Contact
from plass.jobs import actions as jobs
from plass.organisation.models import Absence, Membership, Role
from plass.quality.commands import release
from tests.conftest import as_owner
from tests.world import member, user

TODAY = timezone.localdate()
MONDAY = TODAY - timedelta(TODAY.weekday())


def contact(case, days_ago: int, **more) -> Contact:
    values = {
        "parties": ["participant"],
        "channel": "in_person",
        "place": "office",
        "minutes": 60,
        "purpose": "follow_up",
    }
    fact = Contact(case=case, happened_on=TODAY - timedelta(days_ago), **(values | more))
    return record(fact, by=case.specialist)


def loads(world) -> dict[str, tuple[int, ...]]:
    return {
        load.name: (load.open, load.waiting, load.in_work, load.paused, load.not_met)
        for load in caseloads(world.team, TODAY).rows()
    }


def test_caseloads_counted_by_hand(world):
    world.refer(on=TODAY - timedelta(3))
    met, long_ago, paused = (world.refer(on=TODAY - timedelta(90)) for _number in range(3))
    contact(met, 14)
    contact(long_ago, 15)
    contact(paused, 50)
    case_actions.pause(paused, by=world.specialist, happened_on=TODAY, reason="illness", follow_up_on=TODAY)
    ended = world.refer(on=TODAY - timedelta(90))
    case_actions.end(ended, by=world.specialist, happened_on=TODAY, cause="own_wish")
    world.refer(taken=False)
    world.act_as(world.supervisor)
    assert loads(world) == {"Kåre Kollega": (0, 0, 0, 0, 0), "Siri Spesialist": (4, 1, 0, 1, 1)}
    assert [row.case_id for row in not_met(world.team, TODAY).rows()] == [long_ago.pk]


def test_somebody_who_left_the_team_and_still_has_cases_is_not_forgotten(world):
    world.refer()
    with as_owner():
        Membership.objects.filter(user=world.specialist).update(ended_on=TODAY - timedelta(1))
    world.act_as(world.supervisor)
    working = {load.name: load.works_here for load in caseloads(world.team, TODAY).rows()}
    assert working == {"Kåre Kollega": True, "Siri Spesialist": False}


def test_who_waits_longest_comes_first(world):
    new, old = world.refer(on=TODAY - timedelta(2), taken=False), world.refer(on=TODAY - timedelta(20), taken=False)
    taken = world.refer(on=TODAY - timedelta(5))
    world.refer(team=world.other_team, taken=False)
    world.act_as(world.supervisor)
    assert [row.case_id for row in waiting(world.team, TODAY, taken=False).rows()] == [old.pk, new.pk]
    assert [row.case_id for row in waiting(world.team, TODAY, taken=True).rows()] == [taken.pk]


def test_employers_met_in_person_in_each_of_the_last_whole_weeks(world):
    case = world.refer(on=TODAY - timedelta(90))
    employer = Employer.objects.create(name="Prøve AS", recorded_by=world.specialist)
    ago = (TODAY - MONDAY).days
    both = {"parties": ["employer"], "employer": employer}
    contact(case, ago + 1, **both)
    contact(case, ago + 7, **both)
    contact(case, ago + 8, **both)
    contact(case, ago + 28, **both)
    contact(case, ago + 29, **both)
    contact(case, ago, **both)
    contact(case, ago + 2, **both, no_show=True)
    contact(case, ago + 2, **(both | {"channel": "phone"}))
    contact(case, ago + 2)
    assert by_week(employers_met([world.specialist.pk, world.colleague.pk], TODAY).rows()) == {
        world.specialist.pk: (1, 0, 1, 2),
    }


def questions(client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def test_at_most_twelve_questions_whatever_the_size(world, client):
    def grow(number: int) -> None:
        for _number in range(number):
            contact(world.refer(on=TODAY - timedelta(90)), 60)
            world.refer(on=TODAY - timedelta(30))
            world.refer(taken=False)

    grow(1)
    client.force_login(world.act_as(world.supervisor))
    first = questions(client, "/team/")
    grow(10)
    world.act_as(world.supervisor)
    assert questions(client, "/team/") == first <= 12


def test_a_very_large_team_is_shown_a_page_at_a_time(world, client):
    world.refer()
    with as_owner():
        for n in range(AT_A_TIME):
            member(user(f"nora{n}", "Nora", f"Nummer {n}"), Role.SPECIALIST, world.office, world.team)
    client.force_login(world.act_as(world.supervisor))
    pages = [BeautifulSoup(client.get(f"/team/?page={n}").content, "html.parser") for n in (1, 2)]
    shown = [[row.th.a.text for row in page.select("#caseloads tbody tr")] for page in pages]
    assert [len(rows) for rows in shown] == [AT_A_TIME, 2]
    assert len({*shown[0], *shown[1]}) == AT_A_TIME + 2
    tiles = [[stat.text for stat in page.select(".p-tile")] for page in pages]
    assert tiles[0] == tiles[1] != [], "the figures are the team's on every page"


def test_specialists_read_and_only_supervisors_act(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.specialist))
    text = client.get("/team/").content.decode()
    assert "/team/overfor/" not in text
    assert client.get(f"/team/overfor/?fra={world.specialist.pk}").status_code == 404
    client.force_login(world.act_as(world.supervisor))
    assert f"/team/overfor/?fra={case.specialist_id}" in client.get("/team/").content.decode()
    for who in (world.counsellor, world.leader, world.administrator):
        client.force_login(world.act_as(who))
        assert client.get("/team/").status_code == 404


def test_another_team_in_the_address_is_ignored(world, client):
    client.force_login(world.act_as(world.supervisor))
    for typed in (world.other_team.pk, "x", ""):
        assert client.get("/team/", {"team": typed}).context["team"] == world.team


def form_number(page) -> str:
    return re.search(r'name="submission" value="([^"]+)"', page.content.decode()).group(1)


def test_handing_over_many(world, client):
    cases = [world.refer("Kari", f"Nr{number}") for number in range(3)]
    client.force_login(world.act_as(world.supervisor))
    url = f"/team/overfor/?fra={world.specialist.pk}"
    page = client.get(url)
    sent = {
        "submission": form_number(page),
        "cases": [cases[0].pk, cases[1].pk],
        "to": f"{world.colleague.pk}-{world.team.pk}",
        "reason": "Permisjon",
    }
    for _time in range(2):
        done = client.post(url, sent)
        assert (done.status_code, done["Location"]) == (303, "/team/")
    world.act_as(world.supervisor)
    now = dict(Case.objects.values_list("pk", "specialist_id"))
    assert [now[case.pk] for case in cases] == [world.colleague.pk, world.colleague.pk, world.specialist.pk]
    assert Assignment.objects.filter(reason="Permisjon").count() == 2, "sent twice, done once"
    assert AccessLogEntry.objects.filter(purpose="hand over").count() == 2


def test_what_is_missing_is_said_and_what_was_chosen_stays(world, client):
    case = world.refer("Kari", "Prøve")
    client.force_login(world.act_as(world.supervisor))
    url = f"/team/overfor/?fra={world.specialist.pk}"
    page = client.post(url, {"submission": form_number(client.get(url)), "cases": [case.pk], "reason": "Fordi"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"to"}
    assert 'value="Fordi"' in page.content.decode()


def test_a_case_that_moved_meanwhile_or_is_not_theirs_moves_nothing(world, client):
    case, moved = world.refer(), world.refer()
    elsewhere = world.refer(team=world.other_team)
    client.force_login(world.act_as(world.supervisor))
    url = f"/team/overfor/?fra={world.specialist.pk}"
    number = form_number(client.get(url))
    case_actions.hand_over(moved, by=world.act_as(world.supervisor), to=world.colleague)
    for extra in (moved, elsewhere):
        to = f"{world.colleague.pk}-{world.team.pk}"
        sent = {"submission": number, "cases": [case.pk, extra.pk], "to": to, "reason": "x"}
        assert client.post(url, sent).status_code == 422
    world.act_as(world.supervisor)
    assert Case.objects.get(pk=case.pk).specialist_id == world.specialist.pk


def test_referrals_nobody_has_taken_can_be_given_out(world, client):
    case = world.refer(taken=False)
    client.force_login(world.act_as(world.supervisor))
    page = client.get("/team/overfor/")
    to = f"{world.specialist.pk}-{world.team.pk}"
    sent = {"submission": form_number(page), "cases": [case.pk], "to": to, "reason": "Ledig plass"}
    assert client.post("/team/overfor/", sent).status_code == 303
    world.act_as(world.specialist)
    assert Case.objects.get(pk=case.pk).specialist_id == world.specialist.pk


def test_absence_on_the_page_and_a_change_of_it(world, client):
    client.force_login(world.act_as(world.supervisor))
    page = client.get("/team/fravaer/")
    sent = {
        "submission": form_number(page),
        "user": world.specialist.pk,
        "covered_by": world.colleague.pk,
        "starts_on": str(TODAY),
        "ends_on": "",
    }
    wrong = client.post("/team/fravaer/", sent)
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"ends_on"}
    for late, says in (
        (TODAY.replace(year=TODAY.year + 100), "Sjekk årstallet."),
        (TODAY - timedelta(1), "før den første"),
    ):
        slip = client.post("/team/fravaer/", sent | {"ends_on": str(late)})
        assert slip.status_code == 422
        assert says in slip.content.decode()
    assert client.post("/team/fravaer/", sent | {"ends_on": str(TODAY + timedelta(5))}).status_code == 303
    world.act_as(world.supervisor)
    absence = Absence.objects.get()
    url = f"/team/fravaer/{absence.pk}/"
    sent = {"submission": form_number(client.get(url)), "covered_by": world.supervisor.pk, "ends_on": str(TODAY)}
    assert client.post(url, sent).status_code == 303
    world.act_as(world.supervisor)
    absence.refresh_from_db()
    assert (absence.covered_by_id, absence.ends_on) == (world.supervisor.pk, TODAY)
    client.force_login(world.act_as(world.colleague))
    assert client.get(url).status_code == 404


def test_each_tile_leads_to_as_many_as_it_says(world, client):
    """With two teams, somebody whom nobody has taken, somebody who works, a shielded participant and one who has ended."""
    shop = Employer.objects.create(name="Prøve AS", recorded_by=world.act_as(world.specialist))
    for number in range(3):
        case = world.refer(on=TODAY - timedelta(60))
        if number:
            contact(case, 20)
        if number == 2:
            terms = {"title": "Kokk", "form": "permanent", "hours_per_week": 20}
            jobs.start_job(case, by=world.specialist, happened_on=TODAY, employer=shop, **terms)
    world.refer(taken=False)
    world.refer(protection="confidential")
    ended = world.refer(on=TODAY - timedelta(90))
    case_actions.end(ended, by=world.specialist, happened_on=TODAY, cause="own_wish")
    world.refer(team=world.other_team)
    with as_owner():
        for who in (world.supervisor, world.specialist):
            member(who, Role.SPECIALIST, world.other_office, world.other_team)
    for who, followed in ((world.supervisor, 3), (world.specialist, 4)):
        client.force_login(world.act_as(who))
        page = client.get(f"/team/?team={world.team.pk}")
        soup = BeautifulSoup(page.content.decode(), "html.parser")
        tiles = [
            (int(tile.select_one(".p-tile__value").text), tile["href"])
            for tile in soup.select("a.p-tile")
            if tile["href"].startswith("/")
        ]
        assert len(tiles) == 4
        assert tiles[0][0] == followed, "a shielded participant is there for the one who follows them"
        for value, href in tiles:
            assert client.get(href).context["list"].page.paginator.count == value, href


def test_the_team_page_and_the_leaders_figures_count_alike(world, client):
    """Seven followed, of whom two wait (one after a call to an employer), and eight whom nobody has taken."""
    for number in range(7):
        case = world.refer(on=TODAY - timedelta(30))
        if number >= 2:
            contact(case, 10)
        if number == 1:
            employer = Employer.objects.create(name="Prøve AS", recorded_by=world.specialist)
            contact(case, 5, parties=["employer"], employer=employer, channel="phone")
    for _number in range(8):
        world.refer(on=TODAY - timedelta(12), taken=False)
    client.force_login(world.act_as(world.supervisor))
    page = client.get(f"/team/?team={world.team.pk}")
    assert [page.context[name] for name in ("open_in_all", "waiting_in_all", "in_work_in_all", "untaken_in_all")] == [
        7,
        10,
        0,
        8,
    ]
    assert re.search(r'p-tile__value">8</span>\s*<span class="p-tile__label">har ingen tatt', page.content.decode())
    assert "Har ventet 12 dager" in page.content.decode()
    assert client.get("/deltakere/?vis=team&status=venter").context["list"].page.paginator.count == 10
    with as_owner():
        release()
    client.force_login(world.act_as(world.leader))
    line = next(line for line in client.get("/tall/").context["lines"] if line.name == world.team.name)
    assert [(cell.label, cell.value) for cell in line.cells[:2]] == [("Følges opp nå", 7), ("Venter nå", 10)]
