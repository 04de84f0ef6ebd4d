"""What the journeys start from of those who work here: their links and codes, places and roles, ties, cover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone


def to_join(world: Any) -> dict[str, Any]:
    """A referral of somebody whom who referred does not see, for the specialist to join; one that nobody can join; and a
    shielded participant whom nobody sees, because the counsellor has left."""
    from datetime import timedelta

    from django.utils import timezone

    from plass.cases import actions, identity
    from plass.cases.models import PossibleDuplicate
    from plass.organisation.models import Membership, Role
    from tests.conftest import as_owner
    from tests.world import identity_number, member, user

    today = timezone.localdate()
    ours, left = identity_number(nth=311), identity_number(nth=312)
    with as_owner():
        gone = user("veileder8", "Guro", "Gått")
        member(gone, Role.COUNSELLOR, world.other_office)
        member(gone, Role.COUNSELLOR, world.office)
    world.refer("Hanne", "Hentesen", number=ours)
    for by, number, team in (
        (gone, left, world.other_team),
        (world.other_counsellor, ours, world.other_team),
        (world.counsellor, left, world.team),
    ):
        actions.refer(
            by=world.act_as(by),
            number=identity.parse(number),
            person={"given_name": "Hanne", "family_name": "Skrevet"},
            team=team,
            wishes="Jobbe ute",
            participant_agreed_on=today,
        )
    nobodys = actions.refer(
        by=world.act_as(gone),
        number=identity.parse(identity_number(nth=319)),
        person={"given_name": "Hedda", "family_name": "Hemmelig", "protection": "confidential"},
        team=world.team,
        wishes="Jobbe ute",
        participant_agreed_on=today,
    )
    with as_owner():
        Membership.objects.filter(user=gone).update(ended_on=today - timedelta(days=1))
        links = {link.referred_by_id: link.pk for link in PossibleDuplicate.objects.all()}
    world.act_as(world.specialist)
    return {
        "cases:join.link_id": links[world.other_counsellor.pk],
        "oversight:appoint.link_id": links[world.counsellor.pk],
        "oversight:give_to.number": nobodys.pk,
    }


def ways_in(world: Any) -> dict[str, Any]:
    """Links that an administrator made, and somebody who logs in with a code from the phone."""
    import pyotp

    from plass.access.models import Change
    from plass.accounts import totp
    from plass.accounts.models import Passkey
    from plass.organisation.models import Role
    from tests.accounts.passkey import give as give_passkey
    from tests.conftest import as_owner
    from tests.world import approved_link, member, user

    with as_owner():
        careful = user("tosteg1", "Tor", "Tosteg")
        member(careful, Role.SPECIALIST, world.other_office, world.other_team)
        losing = user("tosteg2", "Tale", "Tosteg")
        member(losing, Role.SPECIALIST, world.office, world.second_team)
        # Where a place has no leader, another administrator answers what the first one asks.
        member(user("admin2", "Berit", "Bistand"), Role.ADMINISTRATOR, world.other_office)
    secret = totp.new_secret()
    codes = totp.confirm(by=world.act_as(careful), secret=secret, code=pyotp.TOTP(secret).now())
    assert codes
    secret = totp.new_secret()
    assert totp.confirm(by=world.act_as(losing), secret=secret, code=pyotp.TOTP(secret).now())
    # A key of long ago: nobody is told of it at each login any more.
    give_passkey(world, world.supervisor, name="Sikkerhetsnøkkelen")
    with as_owner():
        Change.objects.filter(table=Passkey._meta.db_table).delete()
        passkey = Passkey.objects.get().pk
    made = {
        "accounts:remove_passkey.pk": passkey,
        "accounts:link.token": approved_link(world, world.colleague),
    }
    world.act_as(world.specialist)
    return {
        **made,
        "recovery_code": codes[0],
        "loses_the_phone": losing.pk,
        "accounts:oidc.key": "person",
        "accounts:oidc_back.key": "person",
        "accounts:farewell.key": "person",
    }


def administered(world: Any) -> dict[str, Any]:
    """What the administrator's pages are about."""
    from plass.accounts import approvals, first_login
    from plass.administration import actions
    from plass.organisation.models import GroupRole, Membership, Role

    by = world.act_as(world.administrator)
    asked = actions.add_group(by=by, group="jobbspesialister", role=Role.SPECIALIST, place=world.second_team)
    approvals.answer(asked, by=world.act_as(world.leader), yes=True)
    group = GroupRole.objects.get()
    by = world.act_as(world.administrator)
    # One group more, and a lost phone, that wait; a link that was approved stands with whoever said yes.
    actions.add_group(by=by, group="veiledere", role=Role.COUNSELLOR, place=world.office)
    phone = actions.forget_phone(world.colleague, by=by, reason="Ringte og sa at telefonen er borte")
    asked_role = actions.give_role(
        by=by,
        account=world.colleague,
        role=Role.SPECIALIST,
        place=world.second_team,
        started_on=timezone.localdate(),
        reason="Skal hjelpe til i jobbteam 2",
    )
    link = next(request for request in approvals.of(world.colleague) if request.kind == "password")
    about = {
        "county": world.county,
        "add_office": world.county,
        "office": world.office,
        "add_team": world.office,
        "team": world.team,
        "remove_group": group,
        "account": world.colleague,
        "change_account": world.colleague,
        "give_role": world.colleague,
        "end_role": world.colleague,
        "leave": world.colleague,
        "link": world.colleague,
        "answer_first_login": world.colleague,
        "lost_phone": world.specialist,
        "help_in": world.colleague,
    }
    first_login.ask(
        login_name=world.colleague.username,
        issuer="https://login.example",
        subject="o-7",
        claim="oid",
        full_name="Kåre",
    )
    asked = first_login.of(world.colleague).get()
    role = Membership.objects.filter(user=world.colleague).values_list("pk", flat=True)[0]
    world.act_as(world.specialist)
    return {
        **{f"administration:{page}.pk": thing.pk for page, thing in about.items()},
        "administration:end_role.role": role,
        "administration:help_in.what": "logg-ut",
        "administration:answer_first_login.asked": asked.pk,
        **{f"accounts:{page}.pk": phone.pk for page in ("approval", "prove_request", "stop_request")},
        "waiting_role": asked_role.pk,
        "approved_link": link.pk,
    }


def ties(world: Any) -> dict[str, int]:
    """What two have said about people close to them; the end of one waits for an answer."""
    from plass.access import actions

    tie_to_end, own_tie = (
        actions.declare(bytes([200 + n]) * 32, by=world.act_as(who), user=who, kind="family")
        for n, who in enumerate((world.colleague, world.specialist))
    )
    actions.ask_tie_end(tie_to_end, by=world.act_as(world.colleague), reason="Feil nummer")
    world.act_as(world.specialist)
    return {"tie_id": own_tie.pk, "asked_tie": tie_to_end.pk}


def absence(world: Any, today: date) -> int:
    from plass.organisation import actions

    return actions.record_absence(
        by=world.act_as(world.supervisor),
        user=world.colleague,
        covered_by=world.specialist,
        starts_on=today,
        ends_on=today + timedelta(days=5),
    ).pk
