"""Whoever refers, imports or searches gets the same answers for a number nobody has, one that is followed elsewhere, and one
that belongs to somebody shielded: every page, message and redirect, byte for byte but for numbers and names."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from plass.access import actions as access
from plass.cases import actions, identity, joining
from plass.cases.models import Case, Participant
from plass.imports import actions as imports
from plass.imports import mapping, plan, sheet
from plass.imports.import_request import ImportRequest
from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.imports.lists import csv
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in, met

KINDS = (
    "unknown",
    "elsewhere",
    "confidential",
    "strictly_confidential",
    "own_employee",
    "same office",
    "says so",
    "elsewhere, says so",
)
#: What is another for each number, and says nothing: numbers of rows and forms, what was typed, keys against forgery.
DIFFERENT = [
    (r'name="csrfmiddlewaretoken" value="\w+"', "csrf"),
    (r"X-CSRFToken[^,}]*", "csrf"),
    (r'nonce="[^"]*"', "nonce"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "uuid"),
    (r"(?<!\d)7\d{8}(?!\d)", "N"),
    # The minute may pass between the two; the day may not.
    (r"(\d\d\.\d\d\.\d{4}) \d\d:\d\d", r"\1 TIME"),
]


def known_as(world, kind: str) -> str:
    """A number of this kind, seen from the first office."""
    number = identity_number()
    if kind == "same office":
        # Somebody shielded whom another at the office follows.
        case = world.refer("Kari", "Kanarifugl", number=number, protection="confidential")
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE cases_case SET specialist_id = %s, counsellor_id = NULL, referred_by_id = %s WHERE id = %s",
                [world.colleague.pk, world.colleague.pk, case.pk],
            )
    elif kind == "says so":
        # Somebody who works elsewhere said that this is them. No case yet.
        by = world.act_as(world.other_specialist)
        access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    elif kind != "unknown":
        protection = "" if kind.startswith("elsewhere") else kind
        world.refer("Kari", "Kanarifugl", team=world.other_team, number=number, protection=protection, phone="99112233")
        if "says so" in kind:
            by = world.act_as(world.administrator)
            access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    return number


@contextmanager
def numbers_from_far_away() -> Iterator[None]:
    """Let all rows that are made within have numbers that nothing else on a page has. They must be undone."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, sequencename), coalesce(last_value, 0) FROM pg_sequences "
            "WHERE schemaname = 'public' AND data_type = 'bigint'::regtype"
        )
        before = cursor.fetchall()
        for name, _last in before:
            cursor.execute("SELECT setval(%s::regclass, 700000000)", [name])
    yield
    with as_owner(), connection.cursor() as cursor:
        # What a sequence has given is not undone with the rows.
        for name, last in before:
            cursor.execute("SELECT setval(%s::regclass, %s, %s)", [name, max(last, 1), last > 0])


def alike(text: str, number: str) -> str:
    """The text without what is another for each number."""
    text = text.replace(number, "NUMBER").replace(f"{number[:6]} {number[6:]}", "NUMBER")
    # The numbers of the tests begin with the next day now and then.
    day, month, year = number[:2], f"{int(number[2:4]) - 80:02}", f"19{number[4:6]}"
    text = text.replace(f"{day}.{month}.{year}", "BORN").replace(f"{year}-{month}-{day}", "BORN")
    for pattern, instead in DIFFERENT:
        text = re.sub(pattern, instead, text)
    return text


def refer_and_look(world, client, kind: str, who: str) -> list[tuple[str, int, str]]:
    """Everything that somebody gets to see who refers the number, looks at what came of it, and goes on working."""
    number = known_as(world, kind)
    by = world.act_as(getattr(world, who))
    client.force_login(by)
    seen = []

    def note(what: str, answer) -> None:
        text = alike(answer.getvalue().decode(), number)
        location = alike(answer.headers.get("Location", ""), number)
        seen.append((what, answer.status_code, f"{location}\n{text}"))

    def post(address: str, **data) -> None:
        world.act_as(by)
        note(f"POST {address}", client.post(address, {"submission": str(uuid.uuid4()), **data}))

    def get(address: str) -> None:
        world.act_as(by)
        note(f"GET {address}", client.get(address))

    note("search", client.post("/sok/", {"q": number}, follow=True))
    note("refer", client.post("/henvis/", filled_in(world, number)))
    world.act_as(by)
    case = Case.objects.get(referred_by=by)
    for page in (
        "",
        "deltaker/",
        "skjerming/",
        "tidslinje/",
        "endringer/",
        "overfor/",
        "ta/",
        "slipp-inn/",
        "avslutt/",
    ):
        get(f"/sak/{case.pk}/{page}")
    for address in (
        "/henvisninger/",
        "/henvisninger/a-koble/",
        "/deltakere/",
        "/deltakere/eksport.csv",
        "/min-dag/",
        "/team/",
    ):
        get(address)
    # Once more, and with mistakes.
    note("refer again", client.post("/henvis/", filled_in(world, number)))
    note("refer wrongly", client.post("/henvis/", filled_in(world, number, wishes="")))
    note("search again", client.post("/sok/", {"q": number}, follow=True))
    post(
        f"/sak/{case.pk}/overfor/",
        to=f"{world.colleague.pk}-{world.team.pk}",
        instead_of="",
        reason="",
    )
    for page in ("", "deltaker/", "overfor/"):
        get(f"/sak/{case.pk}/{page}")
    get("/henvisninger/")
    return [(re.sub(r"\d+", "N", what), status, text) for what, status, text in seen]


@pytest.mark.parametrize("who", ["counsellor", "specialist", "supervisor"])
@pytest.mark.parametrize("kind", KINDS[1:])
def test_referring_and_everything_after_it_answers_alike(world, client, kind, who, worlds_apart):
    expected = worlds_apart(lambda: refer_and_look(world, client, "unknown", who))
    answers = worlds_apart(lambda: refer_and_look(world, client, kind, who))
    assert [(what, status) for what, status, _text in answers] == [(what, status) for what, status, _text in expected]
    for (what, _status, text), (_what, _same, usual) in zip(answers, expected, strict=True):
        assert text == usual, what


@pytest.fixture
def worlds_apart(db):
    """Do something and undo it: what another did before must not be what differs."""
    from django.db import transaction

    def act(what):
        with numbers_from_far_away(), transaction.atomic():
            result = what()
            transaction.set_rollback(True)
        return result

    return act


def handed_on_and_asked(world) -> int:
    """Whoever decides about the person elsewhere does not join; the data protection officer asks the supervisor here."""
    by = world.act_as(world.other_specialist)
    link = joining.waiting()[0].number
    assert not joining.answer(link, by=by, text="Ikke den samme")
    with as_owner():
        officer = user("personvern7", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    joining.appoint(link, by=world.act_as(officer), to=world.supervisor)
    return link


def refer_and_read_the_answer(world, client, kind: str, *, taken: bool = False) -> str:
    """What the counsellor reads where they begin the day, on the case and in its history, when their referral was answered
    with a sentence: by whoever decides about the person who is registered already and follows at the office, or by the
    supervisor whom the data protection officer asked, or by the supervisor of the team for somebody unknown. ``taken``: a
    colleague had taken it, and reads it where they begin the day."""
    number = known_as(world, kind)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    case = Case.objects.get(referred_by=world.act_as(world.counsellor))
    answer = "Ring meg om dette."
    link = handed_on_and_asked(world) if kind not in {"unknown", "says so", "same office"} else 0
    world.act_as(world.counsellor)
    if taken:
        actions.take(case, by=world.act_as(world.colleague))
        world.act_as(world.counsellor)
    # That it was handed on is not told.
    waits = client.get("/henvisninger/").content.decode()
    if kind in {"unknown", "says so"}:
        by = world.act_as(world.supervisor)
        actions.end(case, by=by, happened_on=timezone.localdate(), cause="other", note=answer)
    elif kind == "same office":
        with as_owner():
            followed = Case.objects.get(specialist=world.colleague)
        # By another: what they did alone is no more than a referral of their own.
        met(followed, world.specialist)
        by = world.act_as(world.colleague)
        assert joining.answer(joining.waiting()[0].number, by=by, text=answer)
    else:
        by = world.act_as(world.supervisor)
        assert joining.answer(link, by=by, text=answer)
    world.act_as(world.counsellor)
    page = client.get("/henvisninger/").content.decode()
    assert 'id="answers"' in page and answer in page
    assert "Henvisningen er besvart" in page and "ikke noe av oppfølgingen" not in page and "militær" not in page
    for address in ("", "tidslinje/", "endringer/", "deltaker/"):
        world.act_as(world.counsellor)
        response = client.get(f"/sak/{case.pk}/{address}")
        assert response.status_code == 200
        text = response.content.decode()
        assert world.supervisor.name not in text and "militær" not in text
        assert taken or world.colleague.name not in text
        # Nothing is offered that nobody would do with a referral that was answered.
        assert "Avtal møte" not in text and "Registrer kontakt" not in text and "ingen følger opp ennå" not in text
        page += text
    if taken:
        client.force_login(world.act_as(world.colleague))
        day = client.get("/min-dag/").content.decode()
        assert 'id="answered"' in day and answer in day
        world.act_as(world.colleague)
        exported = client.get("/deltakere/eksport.csv?status=avsluttet").getvalue().decode()
        assert "henvisningen er besvart" in exported and "militær" not in exported
        page += day
    return alike(waits + page, number)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_answer_to_a_referral_does_not_tell_who_gave_it(world, client, kind, worlds_apart):
    expected = worlds_apart(lambda: refer_and_read_the_answer(world, client, "unknown"))
    assert worlds_apart(lambda: refer_and_read_the_answer(world, client, kind)) == expected


def test_nor_where_a_colleague_took_it_who_is_told_too(world, client, worlds_apart):
    expected = worlds_apart(lambda: refer_and_read_the_answer(world, client, "unknown", taken=True))
    assert worlds_apart(lambda: refer_and_read_the_answer(world, client, "elsewhere", taken=True)) == expected


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_list_answers_alike_also_when_it_is_read_again(world, worlds_apart, kind, dry_run):
    def read(which: str) -> list:
        number = known_as(world, which)
        by = world.act_as(world.supervisor)
        rows = [
            {
                "Fødselsnummer": number,
                "Fornavn": "Kari",
                "Etternavn": "Skrevet",
                "Henvist dato": "1.3.2026",
                "Telefon": "40000000",
                "Jobbspesialist": "Kåre Kollega",
            }
        ]
        results = []
        for _again in range(1 if dry_run else 2):
            read = sheet.read(csv(rows), "liste")
            made = plan.make(read, mapping.recognise(read, world.team), today=timezone.localdate())
            people = [world.specialist, world.colleague]
            request = ImportRequest(by=by, team=world.team, specialists=people, dry_run=dry_run)
            outcome = imports.write(made, request)
            # The number of the case is another each time, as on a page: whose it is, is one's own.
            said = {
                n: vars(report) | {"case_id": report.case_id > 0, "written_to": report.written_to > 0}
                for n, report in outcome.reports.items()
            }
            results.append((outcome.people, outcome.written, said))
        results.append(Case.objects.count())
        return results

    expected, actual = worlds_apart(lambda: read("unknown")), worlds_apart(lambda: read(kind))
    assert str(actual) == str(expected)
    assert "problems': []" in str(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_the_functions_do_not_tell(world, kind):
    number = known_as(world, kind)
    with as_owner():
        everybody = list(Participant.objects.values_list("pk", flat=True)) or [0]
    for who in ("counsellor", "specialist", "supervisor", "leader"):
        if kind == "same office" and who != "counsellor":
            continue
        world.act_as(getattr(world, who))
        with connection.cursor() as cursor:
            wanted = [identity.find_by(identity.parse(number))]
            cursor.execute("SELECT * FROM cases_known_participants(%s)", [wanted])
            assert cursor.fetchone() == (None,)
            for participant in everybody:
                cursor.execute("SELECT cases_has_open_case(%s, %s)", [participant, world.other_office.pk])
                assert cursor.fetchone() == (False,)
                cursor.execute("SELECT cases_joins_of(%s)", [participant])
                assert cursor.fetchone() == ([],)
        assert actions.known(identity.parse(number), world.team) is None


def test_whoever_sees_the_person_is_told_that_they_have_them(world, client):
    # The control: the answer does differ for who sees the person.
    number = identity_number()
    world.refer("Kari", "Kjentsen", number=number)
    with as_owner():
        member(world.counsellor, Role.COUNSELLOR, world.office)
    world.act_as(world.counsellor)
    assert actions.known(identity.parse(number), world.team) is not None
