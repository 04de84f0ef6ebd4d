"""A counsellor who may not open a shielded person's case refers the same number: nothing of the person comes out."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import AccessLogEntry
from plass.cases import actions, identity, joining, login
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.followup.models import Contact
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import identity_number, member, shielded_cases, user

TODAY = timezone.localdate()
SECRETS = ("Kanarifugl", "Kanarigate", "99112233", "Kanariby")


def shielded(world, **more) -> tuple[Case, str]:
    """Somebody at the other office whose address nobody may know."""
    number = identity_number()
    case = world.refer(
        "Kari",
        "Kanarifugl",
        team=world.other_team,
        protection="strictly_confidential",
        number=number,
        address="Kanarigate 1",
        place="Kanariby",
        phone="99112233",
        **more,
    )
    return case, number


def filled_in(world, number: str, **changes) -> dict[str, str]:
    return {
        "submission": str(uuid.uuid4()),
        "number": number,
        "given_name": "Kari",
        "family_name": "Skrevet",
        "phone": "40000000",
        "protection": "",
        "wishes": "Jobbe ute",
        "participant_agreed_on": TODAY.isoformat(),
        "happened_on": TODAY.isoformat(),
        "team": str(world.team.pk),
    } | changes


def everything() -> dict[str, list]:
    """Every participant, as the owner sees them."""
    with as_owner():
        return {
            "participants": list(Participant.objects.order_by("pk").values()),
            "links": list(PossibleDuplicate.objects.values_list("participant_id", "existing_id", "referred_by_id")),
        }


def met(case: Case, by, **more) -> Contact:
    """Whoever follows the person has met them."""
    with as_owner():
        return Contact.objects.create(
            **{
                "case": case,
                "happened_on": timezone.localdate(),
                "recorded_by": by,
                "parties": ["participant"],
                "channel": "in_person",
                "purpose": "first_talk",
            }
            | more
        )


@pytest.mark.parametrize("who", ["counsellor", "specialist", "supervisor"])
def test_who_refers_sees_what_they_typed_and_nothing_of_what_is_registered(world, client, who):
    _case, number = shielded(world)
    before = everything()["participants"]
    client.force_login(world.act_as(getattr(world, who)))
    answer = client.post("/henvis/", filled_in(world, number), follow=True)
    assert answer.status_code == 200
    own_case = Case.objects.get(referred_by=getattr(world, who))
    pages = [answer.content.decode()]
    for address in (
        "/henvisninger/",
        f"/sak/{own_case.pk}/",
        f"/sak/{own_case.pk}/deltaker/",
        f"/sak/{own_case.pk}/tidslinje/",
        f"/sak/{own_case.pk}/endringer/",
        f"/sak/{own_case.pk}/skjerming/",
        "/deltakere/",
        "/henvisninger/a-koble/",
    ):
        pages.append(client.get(address, follow=True).content.decode())
    assert any("Kari Skrevet" in page for page in pages)
    assert not [word for word in SECRETS for page in pages if word in page]
    with as_owner():
        assert list(Participant.objects.filter(pk=before[0]["id"]).values()) == before
    assert Case.objects.filter(participant__family_name="Kanarifugl").count() == 0


def test_the_team_does_not_see_who_may_be_shielded_and_the_case_does_not_say_it(world, client):
    _case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    own_case = Case.objects.get()
    page = client.get(f"/sak/{own_case.pk}/").content.decode()
    assert "skjermet" not in page.lower()
    assert "adresse" not in page.lower() or "Fortrolig" not in page
    world.act_as(world.colleague)
    assert not Case.objects.exists()


def test_the_one_who_referred_from_within_the_team_keeps_the_part_that_anybody_in_the_team_would_have(world):
    # Else they would learn from losing it that the person is shielded.
    _case, number = shielded(world)
    by = world.act_as(world.specialist)
    case = actions.refer(
        by=by,
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet"},
        team=world.team,
        wishes="Jobb",
        participant_agreed_on=TODAY,
    )
    actions.hand_over(case, by=by, to=world.colleague)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET referrer_ended_at = now() - interval '1 day' WHERE id = %s", [case.pk])
    world.act_as(world.specialist)
    assert Case.objects.filter(pk=case.pk).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_level(%s)", [case.pk])
        assert cursor.fetchone()[0] == 3


def test_it_is_a_finding_for_the_supervisor_and_the_data_protection_officer_and_not_for_the_one_who_tried(
    world, client
):
    case, number = shielded(world)
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
        elsewhere = user("personvern2", "Per", "Personvern")
        member(elsewhere, Role.DATA_PROTECTION, world.other_office)
    for who in ("counsellor", "specialist"):
        client.force_login(world.act_as(getattr(world, who)))
        client.post("/henvis/", filled_in(world, number, family_name=who))
        assert not AccessLogEntry.objects.filter(purpose="refer").exists()
        assert not AccessLogEntry.objects.filter(participant_id=case.participant_id).exists()
    world.act_as(world.supervisor)
    assert [
        (finding.kind, finding.user_id) for finding in oversight.findings(TODAY) if finding.kind == "met shielded"
    ] == [("met shielded", world.specialist.pk)]
    world.act_as(officer)
    assert {finding.user_id for finding in oversight.findings(TODAY) if finding.kind == "met shielded"} == {
        world.counsellor.pk,
        world.specialist.pk,
    }
    world.act_as(elsewhere)
    assert oversight.findings(TODAY) == []
    client.force_login(world.act_as(officer))
    page = client.get("/innsyn/")
    assert page.status_code == 200
    assert "Vidar Veileder" in page.content.decode()
    assert "Kanarifugl" not in page.content.decode()


def test_whoever_decides_about_the_person_is_told_where_they_begin_their_day(world, client):
    case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    client.force_login(world.act_as(world.other_specialist))
    for address in ("/min-dag/", f"/sak/{case.pk}/"):
        page = client.get(address).content.decode()
        assert "/henvisninger/a-koble/" in page, address
    listed = client.get("/henvisninger/a-koble/").content.decode()
    assert "Kari Kanarifugl" in listed
    assert "Vidar Veileder" in listed
    # Whoever only wrote a referral decides with the others as soon as somebody has met the person.
    client.force_login(world.act_as(world.other_counsellor))
    assert "/henvisninger/a-koble/" not in client.get("/henvisninger/").content.decode()
    met(case, world.other_specialist)
    world.act_as(world.other_counsellor)
    assert "/henvisninger/a-koble/" in client.get("/henvisninger/").content.decode()


def test_a_login_through_id_porten_binds_to_the_main_row(world, client):
    case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    account = login.account_of(number)
    with as_owner():
        assert Participant.objects.get(user_id=account).pk == case.participant_id


def test_close_family_is_kept_from_every_row_of_the_number(world, client):
    _case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    client.force_login(world.act_as(world.counsellor))
    client.post("/meg/narstaende/", {"submission": str(uuid.uuid4()), "number": number, "kind": "family"})
    world.act_as(world.counsellor)
    assert not Case.objects.exists()


def test_two_who_refer_the_same_unknown_person_at_once_make_one_main_row(committed):
    world = committed
    number = identity.parse(identity_number())

    def refer(by, team) -> None:
        try:
            with transaction.atomic():
                set_current_user(by.pk)
                actions.refer(
                    by=by,
                    number=number,
                    person={"given_name": "Kari", "family_name": by.username},
                    team=team,
                    wishes="Jobb",
                    participant_agreed_on=TODAY,
                )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        for done in [
            pool.submit(refer, world.counsellor, world.team),
            pool.submit(refer, world.other_counsellor, world.other_team),
        ]:
            done.result()
    with transaction.atomic(), as_owner():
        rows = set(Participant.objects.filter(identity_hash=identity.find_by(number)).values_list("pk", flat=True))
        links = list(PossibleDuplicate.objects.values_list("participant_id", "existing_id"))
    assert len(rows) == 2
    assert [set(link) for link in links] == [rows]


def test_a_main_row_that_is_made_nameless_leaves_the_next_as_main(world, client):
    from plass.retention.actions import anonymise

    case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        anonymise(case.participant, on=TODAY)
        assert not PossibleDuplicate.objects.exists()
        left = Case.objects.get(participant__family_name="Skrevet")
        assert shielded_cases()[left.pk] is False
    world.act_as(world.colleague)
    assert Case.objects.filter(participant__family_name="Skrevet").exists()
    assert joining.waiting() == []
