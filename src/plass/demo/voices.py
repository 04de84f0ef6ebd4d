"""What people of the demo say about the record, what an employer may know, and an emergency: through the actions.

Unlike the ten years before, this is so little that nobody needs to load it in bulk: it is done by the same actions as in
real use, by the ones on the page where one chooses who to be, when that page has no employer yet.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from plass.access import actions as access
from plass.access import log
from plass.access.current_user import set_current_user
from plass.access.rules import decide
from plass.access.user_roles import user_roles
from plass.accounts.models import Persona
from plass.cases.gate import relations
from plass.cases.models import Case
from plass.employers.models import ContactPerson
from plass.followup import actions as followup
from plass.followup.models import Contact
from plass.jobs.models import JobEnded, JobStarted
from plass.organisation.models import Membership, Role, User
from plass.plan import actions as plan
from plass.rights import actions as rights
from plass.rights.models import ContactAccount

from . import names

AsOwner = Callable[[], AbstractContextManager[None]]
ORDER = 8


def speak(as_owner: AsOwner) -> bool:
    """Let them speak, once. Returns whether there was somebody to do it: a participant of the page with a workplace."""
    with transaction.atomic():
        chosen = {persona.role: persona.user_id for persona in Persona.objects.all()}
        if "employer" in chosen or "participant" not in chosen:
            return False
        me = _become(chosen["participant"])
        case = Case.objects.order_by("-pk").filter(specialist__isnull=False).first()
        if case is None or (person := _boss(case)) is None:
            return False
        assert case.specialist_id is not None
        set_current_user(me.pk)
        _about_the_record(case, me)
        _share(case, me, person)
        _emergency(case)
        set_current_user(case.specialist_id)
        account = ContactAccount.objects.get(contact_person=person).user_id
    with as_owner(), transaction.atomic():
        # A name that is the same each time; nobody knows the password that came with the account.
        User.objects.filter(pk=account).update(username="arbeidsgiver", password="!arbeidsgiver")
        # An employer asks whom to call.
        User.objects.filter(pk=case.specialist_id, phone="").update(phone=names.phone(1))
        Persona.objects.create(
            user_id=account,
            order=ORDER,
            name=person.name,
            role="employer",
            about=person.employer.name,
        )
    return True


def _become(user_id: int) -> User:
    set_current_user(user_id)
    return User.objects.get(pk=user_id)


def _about_the_record(case: Case, me: User) -> None:
    talks = list(
        Contact.objects.filter(case=case, superseded_at=None, withheld_because="", no_show=False).order_by(
            "-happened_on", "-pk"
        )[:3]
    )
    for talk, words in zip(
        talks,
        ("Fint at vi tok det opp. Jeg vil helst ha faste dager.", "Her fikk jeg sagt det jeg ville si."),
        strict=False,
    ):
        rights.comment(case, by=me, kind=talk.kind, fact_id=talk.pk, text=words)
    if talks:
        correction_request = rights.ask_for_correction(
            case,
            by=me,
            kind=talks[-1].kind,
            fact_id=talks[-1].pk,
            wanted="Jeg mener at vi snakket sammen lenger enn det som står her.",
        )
        assert case.specialist_id is not None
        specialist = _become(case.specialist_id)
        rights.answer_request(
            correction_request,
            by=specialist,
            outcome="declined",
            reason="Tiden står slik den ble skrevet ned samme dag. Kommentaren din blir stående ved siden av.",
        )
        set_current_user(me.pk)
    rights.ask_for_correction(case, by=me, wanted="Det mangler at jeg tok truckførerbevis i fjor høst.")


def _boss(case: Case) -> ContactPerson | None:
    """Whom the participant works for, or worked for last, or whom the specialist met for them."""
    assert case.specialist_id is not None
    set_current_user(case.specialist_id)
    newest = ("-happened_on", "-pk")
    over = JobEnded.objects.filter(case=case, superseded_at=None).values("job_id")
    begun = JobStarted.objects.all()
    for facts in (begun.exclude(job_id__in=over), begun, Contact.objects.filter(employer__isnull=False)):
        where = facts.filter(case=case, superseded_at=None).order_by(*newest).values_list("employer_id", flat=True)
        contact_persons = ContactPerson.objects.filter(employer__in=list(where[:1]), left_on=None)
        if person := contact_persons.select_related("employer").order_by("pk").first():
            return person
    return None


def _share(case: Case, me: User, person: ContactPerson) -> None:
    today = timezone.localdate()
    assert case.specialist_id is not None
    specialist = _become(case.specialist_id)
    step = plan.add_step(
        case, by=specialist, what="Prøve ny vaktplan i to uker", who="employer", due_on=today + timedelta(days=14)
    )
    followup.book_meeting(
        case,
        by=specialist,
        starts_at=timezone.make_aware(datetime.combine(today + timedelta(days=6), time(10))),
        parties=["participant", "employer"],
        purpose="job_support",
        channel="in_person",
        place="workplace",
        minutes=45,
        employer=person.employer,
    )
    set_current_user(me.pk)
    rights.decide(case, by=me, item="support", stance="yes", good="Da slipper jeg å forklare det hver gang.")
    rights.decide(case, by=me, item="gaps", stance="no", bad="Det er min sak.")
    shared = {
        "name": case.participant.name,
        "support": "Trenger faste dager og en liste over dagens oppgaver om morgenen.",
        "mastery": "Når det blir mye, hjelper en kort pause og å ta én ting om gangen.",
    }
    for item, text in shared.items():
        rights.release(case, by=me, employer=person.employer, item=item, text=text)
    rights.release(case, by=me, employer=person.employer, item="step", text="Ny vaktplan i to uker", step=step)
    set_current_user(specialist.pk)
    rights.give_access(case, by=specialist, contact_person=person, agreed_on=today, agreed_how="talk")


def _emergency(case: Case) -> None:
    """A job specialist of another team stepped in for a day."""
    assert case.specialist_id is not None
    set_current_user(case.specialist_id)
    stand_in = (
        Membership.objects.filter(role=Role.SPECIALIST, ended_on=None)
        .exclude(team=case.team_id)
        .order_by("pk")
        .values_list("user_id", flat=True)
        .first()
    )
    if stand_in is None:
        return
    by = _become(stand_in)
    reason = "Hadde vakttelefonen. Deltakeren ringte om jobben sin, og jobbspesialisten var ikke å få tak i."
    if access.break_glass(case.pk, by=by, reason=reason, hours=24):
        who = user_roles(by)
        assert who is not None
        log.log_opened_case(who, case.pk, case.participant_id, "case page", decide(who.actor, relations(case)))
