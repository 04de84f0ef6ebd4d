"""Protection is not changed by a referral, a list or the page of particulars: only by who decides, with a reason."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access.models import Change, ConflictOfInterest
from plass.cases import actions, queries, unseen_cases
from plass.cases.gate import NotAllowed
from plass.cases.models import Case, Participant
from plass.db import signed
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.world import identity_number, member, shielded_cases, stored, user

from .test_refer_a_shielded_person import filled_in, shielded

TODAY = timezone.localdate()


def protections() -> dict[str, str]:
    with as_owner():
        return dict(Participant.objects.values_list("family_name", "protection"))


def sent(case: Case, **changes) -> dict[str, str]:
    version = Participant.objects.get(pk=case.participant_id).version
    return {
        "submission": str(uuid.uuid4()),
        "version": str(version),
        "protection": "",
        "reason": "Vedtaket er opphevet",
    } | changes


def test_a_referral_by_who_does_not_see_the_person_leaves_the_protection(world, client):
    case, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    own_case = Case.objects.get()
    # What she typed is hers to change; what is registered stays.
    client.post(f"/sak/{own_case.pk}/skjerming/", sent(own_case, protection="confidential"))
    client.post(f"/sak/{own_case.pk}/skjerming/", sent(own_case))
    assert protections() == {"Kanarifugl": "strictly_confidential", "Skrevet": ""}
    with as_owner():
        assert shielded_cases() == {case.pk: True, own_case.pk: True}


@pytest.mark.parametrize(("registered", "typed"), [("strictly_confidential", ""), ("", "confidential")])
def test_a_referral_by_who_sees_the_person_leaves_the_protection_and_says_where_it_is_changed(
    world, client, registered, typed
):
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", number=number, protection=registered)
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY, cause="work")
    client.force_login(world.act_as(world.counsellor))
    answer = client.post("/henvis/", filled_in(world, number, protection=typed), follow=True)
    assert "beholdes slik de er registrert" in answer.content.decode()
    assert protections() == {"Kjentsen": registered}


def test_the_page_of_particulars_does_not_take_protection(world, client):
    case = world.refer("Kari", "Kjentsen", protection="confidential")
    client.force_login(world.act_as(world.specialist))
    form = {
        "submission": str(uuid.uuid4()),
        "version": "1",
        "given_name": "Kari",
        "family_name": "Kjentsen",
        "protection": "",
    }
    client.post(f"/sak/{case.pk}/deltaker/", form)
    assert protections() == {"Kjentsen": "confidential"}


def test_the_web_role_cannot_write_the_column(world):
    case = world.refer(protection="confidential")
    for column in ("protection", "protection_reason"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE cases_participant SET {column} = '' WHERE id = %s", [case.participant_id])


@pytest.mark.parametrize("who", ["colleague", "other_specialist", "other_counsellor", "leader", "administrator"])
def test_who_does_not_decide_about_the_person_does_not_change_it(world, client, who):
    case = world.refer()
    person = case.participant
    by = world.act_as(getattr(world, who))
    client.force_login(by)
    assert client.get(f"/sak/{case.pk}/skjerming/").status_code == 404
    with pytest.raises(NotAllowed):
        actions.change_protection(person, by=by, based_on=1, protection="confidential", reason="x")
    assert signed.call("cases_change_protection", case.participant_id, "confidential", "x", 1) == [(False,)]


def test_the_one_who_decides_changes_it_with_a_reason_that_staff_and_participant_read(world, client):
    case = world.refer("Kari", "Kjentsen", protection="confidential")
    client.force_login(world.act_as(world.specialist))
    assert client.post(f"/sak/{case.pk}/skjerming/", sent(case, reason=" ")).status_code == 422
    assert protections() == {"Kjentsen": "confidential"}
    assert client.post(f"/sak/{case.pk}/skjerming/", sent(case)).status_code == 303
    assert protections() == {"Kjentsen": ""}
    assert "Vedtaket er opphevet" in client.get(f"/sak/{case.pk}/endringer/").content.decode()
    with as_owner():
        account = user("kari1", "", "", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
        # What the test itself laid out is no change of the protection.
        assert Change.objects.filter(new__has_key="protection").count() == 1
    client.force_login(world.act_as(account))
    assert "Vedtaket er opphevet" in client.get("/min-side/hvem-har-sett/").content.decode()


def test_lowering_it_is_a_finding_for_the_supervisor_and_the_data_protection_officer(world, client):
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    case = world.refer("Kari", "Kjentsen")
    client.force_login(world.act_as(world.specialist))
    client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="strictly_confidential", reason="Trusler"))
    for someone in (world.supervisor, officer):
        world.act_as(someone)
        assert not [finding for finding in oversight.findings(TODAY) if finding.kind == "protection lowered"]
    world.act_as(world.specialist)
    client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="confidential", reason="Fylket har besluttet"))
    for someone in (world.supervisor, officer):
        world.act_as(someone)
        (finding,) = [candidate for candidate in oversight.findings(TODAY) if candidate.kind == "protection lowered"]
        assert finding.user_id == world.specialist.pk
        assert finding.reason == "Fra strengt fortrolig adresse til fortrolig adresse: Fylket har besluttet"
    world.act_as(world.specialist)
    client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="", reason="Fylket har opphevet"))
    world.act_as(officer)
    (finding,) = [candidate for candidate in oversight.findings(TODAY) if candidate.kind == "protection lowered"]
    assert finding.reason.splitlines()[1] == "Fra fortrolig adresse til ikke skjermet: Fylket har opphevet"


def test_a_supervisor_is_told_before_they_shut_themselves_out(world, client):
    case = world.refer("Kari", "Kjentsen")
    client.force_login(world.act_as(world.supervisor))
    page = client.get(f"/sak/{case.pk}/skjerming/").content.decode()
    assert "Du ser ikke deltakeren lenger" in page
    assert world.specialist.name in page
    client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="confidential"))
    assert protections() == {"Kjentsen": "confidential"}
    assert client.get(f"/sak/{case.pk}/").status_code == 404


def test_nobody_raises_it_so_that_nobody_sees_the_person(world, client):
    case = world.refer("Kari", "Kjentsen")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET specialist_id = NULL, counsellor_id = NULL, referrer_ended_at = now()")
    client.force_login(world.act_as(world.supervisor))
    answer = client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="confidential"))
    assert answer.status_code == 422
    assert "Ingen ville se deltakeren" in answer.content.decode()
    assert protections() == {"Kjentsen": ""}


def test_what_somebody_else_changed_meanwhile_is_shown_first(world, client):
    case = world.refer("Kari", "Kjentsen")
    client.force_login(world.act_as(world.specialist))
    form = sent(case, protection="confidential")
    client.post(f"/sak/{case.pk}/skjerming/", sent(case, protection="own_employee"))
    answer = client.post(f"/sak/{case.pk}/skjerming/", form)
    assert answer.status_code == 422
    assert protections() == {"Kjentsen": "own_employee"}


def close_to(case: Case, who, kind: str) -> None:
    """Who is close to the participant, by their own word; or is them, by an account that nobody said anything of."""
    with as_owner():
        person = Participant.objects.get(pk=case.participant_id)
        if kind == "the account":
            Participant.objects.filter(pk=person.pk).update(user=who)
        else:
            ConflictOfInterest.objects.create(
                user=who, identity_hash=stored(person, "identity_hash"), kind=kind, declared_by=who
            )


@pytest.mark.parametrize("kind", [ConflictOfInterest.Kind.FAMILY, "the account"])
def test_where_the_only_one_named_must_keep_away_the_officer_gives_the_case_on(world, client, kind):
    """Refused, it would tell those who decide who must keep away."""
    case = world.refer("Kari", "Kjentsen")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET counsellor_id = NULL, referrer_ended_at = now()")
        officer = user("pv7", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    page = f"/sak/{case.pk}/skjerming/"
    client.force_login(world.act_as(world.supervisor))
    before = client.get(page).content.decode()
    assert world.specialist.name in before
    close_to(case, world.specialist, kind)
    client.force_login(world.act_as(world.supervisor))
    # But for the number of this form.
    assert [line for line in client.get(page).content.decode().splitlines() if world.specialist.name in line] == [
        line for line in before.splitlines() if world.specialist.name in line
    ]
    assert client.post(page, sent(case, protection="confidential")).status_code == 303
    world.act_as(officer)
    assert [hidden_case.number for hidden_case in unseen_cases.seen_by_nobody()] == [case.pk]


@pytest.mark.parametrize("whose", ["colleague", "other_specialist", "leader", "administrator", "supervisor"])
def test_who_would_see_the_person_is_said_to_those_who_decide_about_them(world, whose):
    case = world.refer("Kari", "Kjentsen")
    world.act_as(getattr(world, whose))
    named = [who for who, _part in queries.named_when_protected(Participant(pk=case.participant_id))]
    assert named == ([world.specialist, world.counsellor] if whose == "supervisor" else [])
