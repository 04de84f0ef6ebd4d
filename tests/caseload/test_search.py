"""The search: everybody one may see is found, by parts of a name, nearly right, by phone or number, and nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from plass.access.models import AccessLogEntry
from plass.caseload import participant_query
from plass.caseload.search import MOST, nearly, phone_digits, search
from plass.cases import actions
from tests.conftest import as_owner
from tests.world import identity_number

TODAY = timezone.localdate()
HTMX = {"HX-Request": "true"}


def found(world, user, text: str) -> list[str]:
    """Family names, in the order they are shown."""
    world.act_as(user)
    return [person.family_name for person in search(text).people]


def test_everybody_one_may_see_is_found_the_open_first_and_nobody_else(world):
    world.refer("Anne", "Prøvesen")
    ended = world.refer("Berit", "Prøvesen-Ås", on=TODAY - timedelta(50))
    actions.end(ended, by=world.specialist, happened_on=TODAY, cause="own_wish")
    world.refer("Carl", "Prøvesen-Berg", taken=False)
    world.refer("Dina", "Prøvesen-Sør", team=world.other_team)
    world.refer("Eva", "Prøvesen-Vik", protection="confidential")
    seen = ["Prøvesen", "Prøvesen-Berg", "Prøvesen-Vik", "Prøvesen-Ås"]
    assert found(world, world.specialist, "prøvesen") == seen
    assert found(world, world.counsellor, "prøvesen") == seen
    assert found(world, world.colleague, "prøvesen") == [name for name in seen if name != "Prøvesen-Vik"]
    assert found(world, world.supervisor, "prøvesen") == [name for name in seen if name != "Prøvesen-Vik"]
    assert found(world, world.other_counsellor, "prøvesen") == ["Prøvesen-Sør"]


def test_somebody_followed_twice_is_one_line_that_leads_to_the_open_case(world):
    number = identity_number()
    first = world.refer("Anne", "Igjen", number=number, on=TODAY - timedelta(300))
    actions.end(first, by=world.specialist, happened_on=TODAY - timedelta(200), cause="own_wish")
    second = world.refer("Anne", "Igjen", number=number, on=TODAY - timedelta(10))
    world.act_as(world.specialist)
    assert [person.case_id for person in search("igjen").people] == [second.pk]


NAMES = ("Øyås", "Čáhppesjávri", "Åkerrikse", "Łukasz", "Müller", "O’Brien", "Đorđe", "Prosent%_", "Ærlig", "Nguyễn")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(("oyas", "Øyås"), ("ØYÅS", "Øyås"), ("cahpp", "Čáhppesjávri"), ("akerrikse", "Åkerrikse")),
        *(("aakerrikse", "Åkerrikse"), ("lukasz", "Łukasz"), ("muller", "Müller"), ("o'brien", "O’Brien")),
        *(("dorde", "Đorđe"), ("%_", "Prosent%_"), ("aerlig", "Ærlig"), ("nguyen", "Nguyễn")),
        *(("sjavri Ola", "Čáhppesjávri"), ("ola oy", "Øyås")),
    ],
)
def test_letters_are_folded_and_parts_found_in_any_order(world, typed, name):
    for family in NAMES:
        world.refer("Ola", family)
    assert found(world, world.specialist, typed) == [name]


def slips(word: str) -> set[str]:
    """``word`` with one letter otherwise, left out, too many, or two changed."""
    forms = {word[:n] + "x" + word[n + 1 :] for n in range(len(word))}
    forms |= {word[:n] + word[n + 1 :] for n in range(len(word))}
    forms |= {word[:n] + "x" + word[n:] for n in range(len(word) + 1)}
    return forms | {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1)}


def test_one_wrong_letter_is_forgiven_wherever_it_is(world):
    for name in ("akerrikse", "oyasen"):
        for slip in slips(name):
            assert slip == name or re.search(nearly(slip), name), slip
    for family in NAMES:
        world.refer("Ola", family)
    for typed, name in (
        ("akerikse", "Åkerrikse"),
        ("cahpesjavri", "Čáhppesjávri"),
        ("Oyaas ola", "Øyås"),
        ("oyss", "Øyås"),
    ):
        assert found(world, world.specialist, typed) == [name], typed
    assert search("akerikse").is_near and not search("akerrikse").is_near


def test_two_wrong_letters_and_short_words_find_nobody(world):
    for family in ("Åkerrikse", "Lie", "Moe"):
        world.refer("Ola", family)
    for typed in ("akerixxe", "lia", "mie", "zzzz", "[", "(", ".*", "\\", "a{9999}", "ola [["):
        assert found(world, world.specialist, typed) == [], typed


def test_who_has_the_word_stands_alone_before_those_who_nearly_have_it(world):
    for given in ("Kari", "Mari"):
        world.refer(given, given + "sen")
    assert found(world, world.specialist, "kari") == ["Karisen"]


def test_names_are_in_the_order_of_the_alphabet(world):
    for family in ("Zorn", "Čapek", "Ånes", "Dahl", "Aas", "Cappelen", "Ødegård", "Ærø"):
        world.refer("Ola", family)
    assert found(world, world.specialist, "ola") == [
        "Čapek",
        "Cappelen",
        "Dahl",
        "Zorn",
        "Ærø",
        "Ødegård",
        "Ånes",
        "Aas",
    ]


@pytest.mark.parametrize("kept", ["91234567", "912 34 567", "+47 912 34 567", "0047-91234567", "91 23 45 67"])
def test_a_phone_number_is_found_however_it_is_written_and_by_parts(world, kept):
    world.refer("Tone", "Telefon", phone=kept)
    world.refer("Uten", "Telefon")
    world.refer("Anna", "Annen", phone="99887766")
    for typed in (
        "91234567",
        "912 34 567",
        "+4791234567",
        "+47 91 23 45 67",
        "004791234567",
        "1234",
        "4567",
        "(912)34567",
    ):
        assert found(world, world.specialist, typed) == ["Telefon"], typed
    assert found(world, world.specialist, "91234568") == []
    assert found(world, world.other_counsellor, "91234567") == []


@pytest.mark.parametrize("typed", ["123", "17059012345", "170590 12345", "Per 91234567", "", "9" * 20, "١٢٣٤٥٦٧٨"])
def test_what_is_no_phone_number(typed):
    assert phone_digits(typed) == ""


def test_more_than_are_shown_is_said(world, client):
    for number in range(MOST + 1):
        world.refer("Ola", f"Mange{number:03}")
    client.force_login(world.act_as(world.specialist))
    page = client.post("/sok/", {"q": "mange"}, follow=True)
    assert len(page.context["found"].people) == MOST and page.context["found"].is_cut
    assert f"Mer enn {MOST}" in page.content.decode()


def test_a_number_leads_to_the_case_and_is_kept_nowhere(world, client):
    number = identity_number()
    case = world.refer(number=number)
    client.force_login(world.act_as(world.specialist))
    for typed in (number, f"{number[:6]} {number[6:]}"):
        answer = client.post("/sok/", {"q": typed})
        assert (answer.status_code, answer["Location"]) == (303, reverse("caseload:case", args=[case.pk]))
        assert "searched" not in client.session
    answer = client.post("/sok/", {"q": number}, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("caseload:case", args=[case.pk])
    assert client.post("/sok/", {"q": identity_number()}, headers=HTMX).status_code == 422


def test_a_number_finds_the_open_case_before_an_ended_one(world):
    number = identity_number()
    first = world.refer(number=number, on=TODAY - timedelta(300))
    actions.end(first, by=world.specialist, happened_on=TODAY - timedelta(200), cause="own_wish")
    second = world.refer(number=number, on=TODAY - timedelta(10))
    world.act_as(world.specialist)
    assert participant_query.by_number(number) == second.pk


def test_somebody_elses_participant_looks_like_nobody(world, client):
    foreign_number = identity_number()
    world.refer("Hemmelig", "Person", number=foreign_number, team=world.other_team)
    client.force_login(world.act_as(world.specialist))
    known, unknown = (client.post("/sok/", {"q": typed}) for typed in (foreign_number, identity_number()))
    assert known.status_code == unknown.status_code == 422
    assert known.context["why"] == unknown.context["why"]
    assert "Hemmelig" not in known.content.decode()


@pytest.mark.parametrize("typed", ["123", "12345678901", "1234567890123", "Prøve 123456"])
def test_a_wrong_number_says_what_is_wrong_and_keeps_what_was_typed(world, client, typed):
    client.force_login(world.act_as(world.specialist))
    page = client.post("/sok/", {"q": typed})
    assert page.status_code == 422
    assert f'value="{typed}"' in page.content.decode()


def test_what_is_searched_for_stands_in_no_address_and_is_there_on_the_way_back(world, client):
    case = world.refer("Åse", "Ørn")
    client.force_login(world.act_as(world.specialist))
    answer = client.post("/sok/", {"q": "  Åse   Ørn "})
    assert (answer.status_code, answer["Location"]) == (303, "/sok/")
    for page in (client.get("/sok/"), client.post("/sok/", {"q": "Åse Ørn"}, headers=HTMX)):
        assert page.status_code == 200 and page["Cache-Control"].count("no-store") == 1
        links = [link["href"] for link in BeautifulSoup(page.content, "html.parser").select(".p-list a")]
        assert links == [reverse("caseload:case", args=[case.pk])]
    assert page["HX-Push-Url"] == "/sok/"
    assert not re.search(r'(href|action)="[^"]*(%C3%85se|navn=)', client.get("/sok/").content.decode())
    # The login keeps it, and goes with it.
    client.logout()
    client.force_login(world.act_as(world.specialist))
    assert client.get("/sok/").context["text"] == ""


def test_a_search_is_a_line_of_the_log_without_what_was_typed(world, client):
    world.refer("Åse", "Ørn")
    client.force_login(world.act_as(world.specialist))
    client.post("/sok/", {"q": "Åse"}, headers=HTMX)
    client.post("/sok/", {"q": "Ingen"}, headers=HTMX)
    with as_owner(), connection.cursor() as cursor:
        lines = AccessLogEntry.objects.order_by("pk")
        assert [(line.purpose, line.shown, line.case_id) for line in lines] == [
            ("search", 1, None),
            ("search", 0, None),
        ]
        cursor.execute("SELECT to_jsonb(o)::text FROM access_accesslogentry o")
        assert not any(word in row for (row,) in cursor.fetchall() for word in ("Åse", "Ingen"))


@pytest.mark.parametrize("many", [1, 60])
@pytest.mark.parametrize("typed", ["deltaker", "deltakre", "91234567", "finnesikke"])
def test_the_page_asks_few_questions_however_many_there_are(world, client, django_assert_max_num_queries, many, typed):
    for number in range(many):
        world.refer("Prøve", f"Deltaker{number}", phone="91234567")
    client.force_login(world.act_as(world.specialist))
    with django_assert_max_num_queries(12):
        assert client.post("/sok/", {"q": typed}, headers=HTMX).status_code == 200


@pytest.mark.parametrize("typed", ["deltaker", "deltakre", "91234567"])
def test_the_cases_that_are_seen_are_looked_up_by_an_index(world, typed):
    for number in range(5):
        world.refer("Prøve", f"Deltaker{number}", phone="91234567")
    world.act_as(world.specialist)
    asked = []

    def note(execute, text, parameters, *rest):
        asked.append((text, parameters))
        return execute(text, parameters, *rest)

    with connection.execute_wrapper(note):
        assert search(typed).people
    with connection.cursor() as cursor:
        # So few rows as here are read whole otherwise; what may not be read by an index still would be.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked[-1][0]}", asked[-1][1])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    # Which index, with five rows, is as the statistics happen to be.
    assert "Seq Scan on milestone_cache" not in plan, plan
    assert "Seq Scan on cases_participant" not in plan, plan


def test_the_field_stands_on_every_page_of_those_who_may_search_and_no_other(world, client):
    for user, has in (
        (world.specialist, True),
        (world.supervisor, True),
        (world.counsellor, True),
        (world.leader, False),
        (world.administrator, False),
    ):
        client.force_login(world.act_as(user))
        page = BeautifulSoup(client.get("/konto/", follow=True).content, "html.parser")
        assert bool(page.select("header form[role=search] input[data-quick-find]")) is has, user
        assert client.get("/sok/").status_code == (200 if has else 404)
        assert client.post("/sok/", {"q": "Åse"}).status_code == (303 if has else 404)


@pytest.mark.parametrize("typed", ["9", "91 2", "123456789012"])
def test_too_few_digits_or_too_many_say_how_many_are_needed(world, client, typed):
    world.refer(phone="91234567")
    client.force_login(world.act_as(world.specialist))
    page = client.post("/sok/", {"q": typed})
    assert page.status_code == 422
    assert "Skriv minst fire sifre av et telefonnummer, eller alle elleve i et fødselsnummer." in page.content.decode()
