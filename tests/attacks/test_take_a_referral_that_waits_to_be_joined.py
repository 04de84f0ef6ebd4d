"""A specialist takes a referral whose number is known elsewhere, to come to whoever has it when the two are joined."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.utils import timezone

from plass.access.models import Grant
from plass.cases import actions, identity, joining
from plass.cases.models import Assignment, Case, CaseEnded, Participant, PossibleDuplicate
from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.world import identity_number, member

from .test_ask_whether_somebody_is_known import KINDS, alike, known_as, worlds_apart  # noqa: F401
from .test_refer_a_shielded_person import SECRETS

TODAY = timezone.localdate()


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def refer(world, number: str, by, **person) -> Case:
    return actions.refer(
        by=world.act_as(by),
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet", **person},
        team=world.team,
        wishes="Jobbe ute",
        participant_agreed_on=TODAY,
    )


def take_and_look(world, client, kind: str, who: str, by: str) -> list[tuple[str, int, str]]:
    """Everything that somebody gets to see who takes the referral and works with it, and what they may do."""
    number = known_as(world, kind)
    case = refer(world, number, getattr(world, by))
    me = world.act_as(getattr(world, who))
    client.force_login(me)
    seen = []
    answer = client.post(f"/sak/{case.pk}/ta/", {"submission": str(uuid.uuid4())})
    seen.append(("take", answer.status_code, alike(answer.headers.get("Location", ""), number)))
    pages = ("", "deltaker/", "skjerming/", "tidslinje/", "endringer/", "overfor/", "slipp-inn/", "avslutt/")
    for address in (*(f"/sak/{case.pk}/{page}" for page in pages), "/min-dag/", "/deltakere/", "/team/", "/min-dag/"):
        world.act_as(me)
        answer = client.get(address)
        seen.append((address.replace(str(case.pk), "N"), answer.status_code, alike(answer.content.decode(), number)))
    world.act_as(me)
    with as_owner():
        rows = list(Participant.objects.order_by("pk").values_list("pk", flat=True))
    levels = [ask("SELECT access_participant_level(%s)", row) for row in rows]
    # Of the known person's row nothing, of the own one all.
    seen.append(("levels", max(levels[:-1], default=0), str(levels[-1])))
    seen.append(("participants", Participant.objects.count(), str(ask("SELECT cases_joins_of(%s)", rows[0]))))
    return seen


@pytest.mark.parametrize(
    ("kind", "who", "by"),
    # Whoever refers to their own team takes it themselves, whoever it may be; a colleague does not see what may be shielded.
    [(kind, "specialist", "specialist") for kind in KINDS[1:]] + [("elsewhere", "colleague", "counsellor")],
)
def test_taking_it_tells_and_gives_nothing_of_the_known_person(world, client, kind, who, by, worlds_apart):  # noqa: F811
    expected = worlds_apart(lambda: take_and_look(world, client, "unknown", who, by))
    actual = worlds_apart(lambda: take_and_look(world, client, kind, who, by))
    assert expected[0][1] == 303
    for usual, seen in zip(expected, actual, strict=True):
        assert seen == usual


@pytest.fixture
def taken(world) -> tuple[Case, Case, int]:
    """Somebody at the other office who is not protected, the referral of them that a colleague took, and its number."""
    number = identity_number()
    existing = world.refer("Kari", "Kanarifugl", team=world.other_team, number=number, phone="99112233")
    case = refer(world, number, world.counsellor)
    actions.take(case, by=world.act_as(world.colleague))
    with as_owner():
        return existing, case, PossibleDuplicate.objects.get().pk


def protect(existing: Case) -> None:
    """From here on the known person is shielded."""
    with as_owner():
        Participant.objects.filter(pk=existing.participant_id).update(protection="strictly_confidential")


@pytest.mark.parametrize("shielded", [True, False])
def test_whoever_took_it_is_not_the_specialist_of_the_known_person_by_the_join(world, client, taken, shielded):
    existing, case, link = taken
    if shielded:
        protect(existing)
    joining.join(link, by=world.act_as(world.other_specialist))
    with as_owner():
        joined = Case.objects.get(pk=case.pk)
        assert (joined.participant_id, joined.specialist_id) == (existing.participant_id, None)
        last = Assignment.objects.filter(case=case, role="specialist").latest("pk")
        assert (last.user_id, last.recorded_by_id) == (None, world.other_specialist.pk)
    client.force_login(world.act_as(world.colleague))
    # Who is not shielded waits in the team, like anybody the team is asked to follow.
    assert client.get(f"/sak/{case.pk}/").status_code == (404 if shielded else 200)
    assert client.get(f"/sak/{existing.pk}/").status_code == 404
    world.act_as(world.colleague)
    assert ask("SELECT access_participant_level(%s)", existing.participant_id) == (0 if shielded else 3)
    # The one who referred has their part again, as the page says.
    world.act_as(world.counsellor)
    assert ask("SELECT access_level(%s)", case.pk) == 4


def test_only_whoever_joins_lets_them_go_on(world, client, taken):
    existing, case, link = taken
    protect(existing)
    client.force_login(world.act_as(world.other_specialist))
    address = f"/henvisninger/a-koble/{link}/"
    page = client.get(address).content.decode()
    assert f"Hvis du kobler: {world.colleague.name} beholder saken" in page
    client.post(address, {"submission": str(uuid.uuid4()), "outcome": "join", "answer": "", "keep": "on"})
    world.act_as(world.colleague)
    assert Case.objects.get(pk=case.pk).specialist_id == world.colleague.pk
    assert ask("SELECT access_participant_level(%s)", existing.participant_id) == 4


def test_the_page_asks_nothing_where_nobody_took_it(world, client):
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    refer(world, number, world.counsellor)
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    client.force_login(world.act_as(world.other_specialist))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "beholder saken" not in page
    assert "Saken blir hos" in page


def test_a_counsellor_to_whom_it_was_handed_on_does_not_get_the_person_either(world):
    number = identity_number()
    existing = world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    with as_owner():
        member(world.leader, Role.COUNSELLOR, world.office)
    case = refer(world, number, world.counsellor)
    by = world.act_as(world.counsellor)
    actions.hand_over(case, by=by, to=world.leader, role=Assignment.Role.COUNSELLOR)
    protect(existing)
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    joining.join(link, by=world.act_as(world.other_specialist))
    world.act_as(world.leader)
    assert not Case.objects.exists()
    world.act_as(world.counsellor)
    assert ask("SELECT access_level(%s)", case.pk) == 4


def test_whoever_was_let_in_for_a_time_is_out_after_the_join(world, taken):
    existing, case, link = taken
    protect(existing)
    with as_owner():
        Grant.objects.create(
            kind="given",
            level=3,
            user=world.leader,
            case_id=case.pk,
            reason="vikar",
            granted_by=world.colleague,
            granted_at=timezone.now() - timedelta(hours=1),
            expires_at=timezone.now() + timedelta(hours=8),
        )
        member(world.leader, Role.COUNSELLOR, world.office)
    joining.join(link, by=world.act_as(world.other_specialist))
    world.act_as(world.leader)
    assert ask("SELECT count(*) FROM cases_participant WHERE family_name = 'Kanarifugl'") == 0
    with as_owner():
        assert Grant.objects.get().expires_at <= timezone.now()


def test_answered_it_stays_what_was_typed(world, client, taken):
    existing, case, link = taken
    joining.answer(link, by=world.act_as(world.other_specialist), text="Ring meg.")
    client.force_login(world.act_as(world.colleague))
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert not [word for word in SECRETS if word in page]
    world.act_as(world.colleague)
    assert ask("SELECT access_participant_level(%s)", existing.participant_id) == 0


def test_a_shielded_person_is_not_left_without_anybody(world):
    """Of two specialists one refers and the other takes it: without the taker it is the referrer's again."""
    number = identity_number()
    existing = world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    case = refer(world, number, world.specialist)
    actions.take(case, by=world.act_as(world.colleague))
    protect(existing)
    with as_owner():
        # In the moment that ends it, the referrer's part still holds.
        Case.objects.filter(pk=case.pk).update(referrer_ended_at=timezone.now() - timedelta(days=1))
    world.act_as(world.specialist)
    assert ask("SELECT access_level(%s)", case.pk) == 3
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    joining.join(link, by=world.act_as(world.other_specialist))
    world.act_as(world.specialist)
    assert ask("SELECT access_level(%s)", case.pk) == 4


# --- Told of the join -------------------------------------------------------------------------------------------------


def section_of_first_page(world, client, someone, which: str = "joined") -> str:
    client.force_login(world.act_as(someone))
    section = BeautifulSoup(client.get(client.get("/")["Location"]).content, "html.parser").select_one(f"#{which}")
    return " ".join(section.get_text(" ").split()) if section else ""


@pytest.mark.parametrize("shielded", [True, False])
def test_who_referred_and_who_had_taken_it_are_told_of_the_join(world, client, taken, shielded):
    existing, case, link = taken
    if shielded:
        protect(existing)
    for someone in (world.counsellor, world.colleague):
        assert section_of_first_page(world, client, someone) == ""
    joining.join(link, by=world.act_as(world.other_specialist))
    text = section_of_first_page(world, client, world.counsellor)
    assert "Kari Kanarifugl" in text and world.other_specialist.name in text and "henvisningen din" in text
    text = section_of_first_page(world, client, world.colleague)
    assert world.counsellor.name in text and "tilbake til" in text
    # Who does not see the person learns neither who that is nor who joined it.
    for hidden in ("Kari", "Kanarifugl", world.other_specialist.name, "koblet henvisningen"):
        assert (hidden in text) != shielded
    assert section_of_first_page(world, client, world.colleague, "given-on") == ""
    for someone in (world.specialist, world.supervisor, world.other_specialist, world.other_counsellor):
        assert section_of_first_page(world, client, someone) == ""
    client.force_login(world.act_as(world.counsellor))
    timeline = client.get(f"/sak/{case.pk}/tidslinje/").content.decode()
    assert f"koblet med det som er registrert {TODAY.day}. " in timeline
    assert f"av {world.other_specialist.name}" in timeline
    client.force_login(world.act_as(world.other_specialist))
    assert "koblet med det" not in client.get(f"/sak/{existing.pk}/tidslinje/").content.decode()
    with as_owner():
        PossibleDuplicate.objects.update(answered_at=timezone.now() - timedelta(days=16))
    assert section_of_first_page(world, client, world.counsellor) == ""


def test_who_goes_on_with_the_case_is_told_that_they_do(world, client, taken):
    existing, _case, link = taken
    protect(existing)
    with as_owner():
        PossibleDuplicate.objects.update(referred_at=timezone.now() - timedelta(hours=2))
        Assignment.objects.update(recorded_at=timezone.now() - timedelta(hours=1))
    joining.join(link, by=world.act_as(world.other_specialist), keep=True)
    text = section_of_first_page(world, client, world.colleague)
    assert "Kari Kanarifugl" in text and world.other_specialist.name in text and "beholder saken" in text


def test_where_the_two_cannot_be_joined_the_page_offers_an_answer_alone(world, client):
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    with as_owner():
        member(world.colleague, Role.COUNSELLOR, world.other_office)
    me = world.act_as(world.colleague)
    case = actions.refer(
        by=me,
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet"},
        team=world.other_team,
        wishes="Jobbe ute",
        participant_agreed_on=TODAY,
    )
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    client.force_login(world.act_as(world.other_specialist))
    address = f"/henvisninger/a-koble/{link}/"
    page = BeautifulSoup(client.get(address).content, "html.parser")
    assert "har allerede oppfølging ved dette kontoret" in page.text
    assert page.select("input[type=radio]") == [] and "Hvis du kobler" not in page.text
    assert "må fylles ut hvis" not in page.text
    form = {"submission": str(uuid.uuid4()), "outcome": "answer"}
    assert client.post(address, {**form, "answer": ""}).status_code == 422
    assert client.post(address, {**form, "answer": "Følges opp her alt"}).status_code == 303
    with as_owner():
        assert PossibleDuplicate.objects.get(pk=link).outcome == "answered"
        assert CaseEnded.objects.get(case=case).note == "Følges opp her alt"
