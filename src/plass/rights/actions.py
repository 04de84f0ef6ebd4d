"""What the participant does with their record, and what staff do for them: the only writers of this room."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.accounts.rate_limit import Guessed, attempt_succeeded, take_attempt
from plass.cases.fact_register import fact_kinds
from plass.cases.facts import lock
from plass.cases.gate import NotAllowed, check
from plass.cases.models import Case, Fact
from plass.db import signed
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User
from plass.plan.models import PlanStep

from .models import (
    Comment,
    CorrectionAnswer,
    CorrectionRequest,
    Disclosure,
    EmployerAccess,
    Item,
    Objection,
    Proof,
    Release,
)

#: Letters and digits that are not taken for each other when somebody reads a password aloud.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def is_own(case: Case, by: User, needs: Level = Level.DECIDE) -> bool:
    """Whether ``by`` acts as the participant the case is about.

    Raises NotAllowed for others than the participant and those who may do so much with the case.
    """
    own = by.kind == User.Kind.PARTICIPANT
    check(case, by, needs, own=own)
    return own


def _the_fact(case: Case, kind: str, fact_id: int) -> Fact:
    fact_kind = fact_kinds().get(kind)
    fact = fact_kind.model._default_manager.filter(pk=fact_id, case=case).first() if fact_kind else None
    if fact is None:
        raise NotAllowed(f"case {case.pk} has no {kind} {fact_id}")
    return fact


def _needs_agreement(own: bool, agreed_how: str) -> None:
    if not own and not agreed_how:
        raise ValidationError({"agreed_how": _("Say how the participant said yes. Without a yes nothing is shared.")})


@transaction.atomic
def comment(case: Case, *, by: User, kind: str, fact_id: int, text: str) -> Comment:
    """The participant's own words beside a fact. Raises NotAllowed and ValidationError (by field)."""
    check(case, by, own=True)
    _the_fact(case, kind, fact_id)
    new_comment = Comment(case=case, kind=kind, fact_id=fact_id, text=text.strip(), written_by=by)
    new_comment.full_clean(validate_unique=False)
    new_comment.save(force_insert=True)
    return new_comment


@transaction.atomic
def take_back_comment(taken_back: Comment, *, by: User) -> None:
    """The participant no longer wants a comment to stand. Doing it twice does no harm. Raises NotAllowed."""
    check(taken_back.case, by, own=True)
    Comment.objects.filter(pk=taken_back.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())


@transaction.atomic
def ask_for_correction(
    case: Case, *, by: User, wanted: str, kind: str = "", fact_id: int | None = None
) -> CorrectionRequest:
    """The participant asks that a fact be corrected, or (without one) that something missing be written down.

    One request about a fact waits at a time. Raises NotAllowed and ValidationError (by field).
    """
    check(case, by, own=True)
    if fact_id is not None:
        lock(f"case {case.pk}")
        _the_fact(case, kind, fact_id)
        waits = CorrectionRequest.objects.filter(case=case, kind=kind, fact_id=fact_id, answer=None)
        if waits.exists():
            raise ValidationError(_("You have asked about this already. You get an answer with a reason."))
    correction_request = CorrectionRequest(case=case, kind=kind, fact_id=fact_id, wanted=wanted.strip(), asked_by=by)
    correction_request.full_clean(validate_unique=False)
    correction_request.save(force_insert=True)
    return correction_request


@transaction.atomic
def answer_request(correction_request: CorrectionRequest, *, by: User, outcome: str, reason: str) -> CorrectionAnswer:
    """Answer a request for correction, once, with a reason.

    Raises ValidationError where it was answered meanwhile, where nothing is said, and where the answer says that the
    fact was corrected and it was not; NotAllowed for others than those who work with the case.
    """
    check(correction_request.case, by)
    # The lock makes two who answer at once come one after the other.
    lock(f"case {correction_request.case_id}")
    if CorrectionAnswer.objects.filter(request=correction_request).exists():
        raise ValidationError(_("Somebody answered this while you wrote."))
    if outcome != CorrectionAnswer.Outcome.DECLINED and correction_request.fact_id is not None:
        fact = _the_fact(correction_request.case, correction_request.kind, correction_request.fact_id)
        if fact.stands:
            raise ValidationError({"outcome": _("The entry is not corrected yet. Correct it first, then answer.")})
    answer = CorrectionAnswer(
        case=correction_request.case, request=correction_request, outcome=outcome, reason=reason.strip(), answered_by=by
    )
    answer.full_clean(validate_unique=False)
    answer.save(force_insert=True)
    return answer


@transaction.atomic
def decide(
    case: Case, *, by: User, item: str, stance: str, good: str = "", bad: str = "", agreed_how: str = ""
) -> Disclosure:
    """What the participant has decided about one item, for all employers. A no withdraws what was shared of it.

    Staff write it with the participant's word (``agreed_how``). Raises NotAllowed and ValidationError (by field).
    """
    # A no closes what is open: whoever steps in may write it down.
    own = is_own(case, by, Level.RECORD if stance == Disclosure.Stance.NO else Level.DECIDE)
    _needs_agreement(own, agreed_how)
    decision = Disclosure(
        case=case,
        item=item,
        stance=stance,
        good=good.strip(),
        bad=bad.strip(),
        decided_by=by,
        agreed_how="" if own else agreed_how,
    )
    decision.full_clean(validate_unique=False)
    decision.save(force_insert=True)
    if stance == Disclosure.Stance.NO:
        Release.objects.filter(case=case, item=item, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), withdrawn_by=by
        )
    return decision


@transaction.atomic
def release(
    case: Case,
    *,
    by: User,
    employer: Employer,
    item: str,
    text: str,
    step: PlanStep | None = None,
    until: date | None = None,
    agreed_how: str = "",
) -> Release:
    """Let one employer read one thing, in exactly these words, until it is withdrawn (or through ``until``).

    Raises ValidationError (by field) where the participant has said no to the item, or it is shared already;
    NotAllowed.
    """
    own = is_own(case, by)
    _needs_agreement(own, agreed_how)
    stance = (
        Disclosure.objects.filter(case=case, item=item).order_by("-decided_at", "-pk").values_list("stance", flat=True)
    ).first()
    if stance == Disclosure.Stance.NO:
        raise ValidationError({"item": _("It is decided that no employer is told this. Change that decision first.")})
    if not own and Objection.objects.filter(case=case, employer=employer, withdrawn_at=None).exists():
        raise ValidationError(_("The participant has said no to this employer."))
    if until is not None and until < timezone.localdate():
        raise ValidationError({"until": _("This day has passed.")})
    if step is not None and step.case_id != case.pk:
        raise NotAllowed(f"step {step.pk} is not of case {case.pk}")
    new_release = Release(
        case=case,
        employer=employer,
        item=item,
        text=text.strip(),
        step=step,
        until=until,
        released_by=by,
        agreed_how="" if own else agreed_how,
    )
    lock(f"case {case.pk}")
    if step is not None and Release.objects.filter(case=case, employer=employer, step=step, withdrawn_at=None).exists():
        raise ValidationError({"step": _("This step is shared with the employer already.")})
    new_release.full_clean(validate_unique=False)
    new_release.save(force_insert=True)
    return new_release


@transaction.atomic
def withdraw_release(withdrawn: Release, *, by: User) -> None:
    """The employer may no longer read it: from this moment. Doing it twice does no harm. Raises NotAllowed."""
    is_own(withdrawn.case, by, Level.RECORD)
    Release.objects.filter(pk=withdrawn.pk, withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by)


@dataclass(frozen=True)
class WayIn:
    """What a contact person logs in with, shown once to whoever gives it to them."""

    username: str
    password: str


@transaction.atomic
def give_access(
    case: Case, *, by: User, contact_person: ContactPerson, agreed_on: date, agreed_how: str, code: str = ""
) -> tuple[EmployerAccess, WayIn | None]:
    """Let a contact person read what the participant released for their employer; the participant has said yes.

    The first access makes the person's account: then what to log in with is returned too. ``code`` is what the contact
    person read to ``by`` on the phone, where it is needed (:func:`needs_code`). Raises ValidationError (by field) where it
    is not the right one, and where they have access already, have left, or the participant said no to the employer;
    NotAllowed.
    """
    check(case, by, Level.DECIDE)
    if contact_person.left_on is not None and contact_person.left_on <= timezone.localdate():
        raise ValidationError({"contact_person": _("This person has left the employer.")})
    if agreed_on > timezone.localdate():
        raise ValidationError({"agreed_on": _("This date lies ahead. Write the day the participant said yes.")})
    if Objection.objects.filter(case=case, employer=contact_person.employer_id, withdrawn_at=None).exists():
        raise ValidationError(_("The participant has said no to this employer."))
    lock(f"case {case.pk}")
    access = EmployerAccess(
        case=case, contact_person=contact_person, agreed_on=agreed_on, agreed_how=agreed_how, given_by=by
    )
    access.full_clean(validate_unique=False)
    way_in = _open_account(contact_person)
    values = case.pk, contact_person.pk, agreed_on, agreed_how, code
    access_id = signed.call("rights_give_access", *values)[0][0]
    if access_id is None:
        raise ValidationError({"code": wrong_code(by)})
    return EmployerAccess.objects.select_related("case", "contact_person").get(pk=access_id), way_in


def needs_code(person: ContactPerson) -> bool:
    """Whether the acting user must be told a code by the contact person before giving them access: where somebody else has
    handed out the password of their account, or let its phone be forgotten, and so could be them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_needs_code(%s)", [person.pk])
        return bool(cursor.fetchone()[0])


def code_fits(person: ContactPerson, code: str, *, by: User) -> bool:
    """Whether ``code`` is the one that the contact person reads for ``by`` (who acts) today.

    A wrong one counts, as a wrong password does, and must not be undone: not within an act that may be refused. Raises
    TooManyAttempts where too many were wrong lately.
    """
    name = f"{person.pk} for {by.pk}"
    take_attempt(Guessed.CONTACT_PERSON, name)
    right = bool(signed.call("rights_code_fits", person.pk, code)[0][0])
    if right:
        attempt_succeeded(Guessed.CONTACT_PERSON, name)
    return right


def own_code(caller: int) -> str:
    """The acting contact person's code for whoever has the number ``caller``, today: six digits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_own_code(%s)", [caller])
        return str(cursor.fetchone()[0] or "")


def wrong_code(by: User) -> str:
    """What to say to ``by`` where the code is missing or wrong."""
    return _(
        "Call the contact person on a number of the employer that you know from before. Ask them to log in, open "
        "Code for whoever calls, write your staff number, %(number)d, and read you the code. It holds today, and for you "
        "alone."
    ) % {"number": by.pk}


def _password() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _letter in range(5)) for _group in range(4))


def _open_account(person: ContactPerson) -> WayIn | None:
    given, _space, family = person.name.rpartition(" ")
    username, password = f"ag-{secrets.token_hex(4)}", _password()
    values = (person.pk, username, make_password(password), given[:100], family[:100])
    is_new = signed.call("rights_open_account", *values)[0][0]
    # An account that was there keeps its own user name and password.
    return WayIn(username, password) if is_new else None


def _check_passwords_open() -> None:
    """Raise ValidationError where the login service alone opens accounts: what takes a binding away would take the only
    way in, and leave a password that opens nothing."""
    if not settings.PLASS_LOCAL_ACCOUNTS:
        raise ValidationError(
            _(
                "Here contact persons log in through the login service alone, so there is no password or phone to replace. "
                "If somebody else may be using their login, end the access."
            )
        )


@transaction.atomic
def new_password(access: EmployerAccess, *, by: User) -> WayIn:
    """A new password for the contact person's account, for those whose own participants it is about.

    All else that it opened with ends: codes, bindings and logins.

    Raises ValidationError where the account also reads about people whom ``by`` does not work with, and where passwords open
    nothing; NotAllowed.
    """
    check(access.case, by, Level.DECIDE)
    _check_passwords_open()
    password = _password()
    username: str | None = signed.call("rights_new_password", access.contact_person_id, make_password(password))[0][0]
    if username is None:
        raise ValidationError(
            _("This contact person also has access to others, whom you do not follow. Ask an administrator.")
        )
    return WayIn(username, password)


@transaction.atomic
def forget_phone(access: EmployerAccess, *, by: User, proof: str) -> None:
    """The contact person lost the phone and has no recovery code left: at the next login they set up another phone.

    Bindings and logins end with the codes. The password stays, where it is their own.

    ``proof`` says how they showed who they are. Everybody who follows somebody they read about is told. Raises
    ValidationError where there is no phone to forget, and where the account reads about people whom ``by`` does not work
    with and still has a password that somebody of the staff has read, and where passwords open nothing; NotAllowed.
    """
    check(access.case, by, Level.DECIDE)
    _check_passwords_open()
    if proof not in Proof.values:
        raise ValidationError({"proof": _("Say how they showed who they are.")})
    forgotten: bool | None = signed.call("rights_forget_factor", access.contact_person_id, proof)[0][0]
    if forgotten is None:
        raise ValidationError(
            _(
                "They have not chosen a password of their own yet, and also have access to others, whom you do not follow. "
                "End the access, and give it anew under another contact person."
            )
        )
    if not forgotten:
        raise ValidationError(_("They have neither set up codes on a phone nor a login service."))


@transaction.atomic
def end_access(access: EmployerAccess, *, by: User) -> None:
    """The contact person reads nothing more about this participant: from this moment. Raises NotAllowed."""
    is_own(access.case, by, Level.RECORD)
    EmployerAccess.objects.filter(pk=access.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)


@transaction.atomic
def object_to(case: Case, *, by: User, employer: Employer, reason: str = "") -> Objection:
    """The participant does not want this employer to be asked about them.

    What the employer could read is withdrawn with it. Raises ValidationError where they have said so already;
    NotAllowed.
    """
    check(case, by, own=True)
    objection = Objection(case=case, employer=employer, reason=reason.strip(), made_by=by)
    lock(f"case {case.pk}")
    objection.full_clean(validate_unique=False)
    objection.save(force_insert=True)
    now = timezone.now()
    Release.objects.filter(case=case, employer=employer, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=by)
    EmployerAccess.objects.filter(case=case, contact_person__employer=employer, ended_at=None).update(
        ended_at=now, ended_by=by
    )
    return objection


@transaction.atomic
def take_back_objection(objection: Objection, *, by: User) -> None:
    """The employer may be asked after all. What was withdrawn stays withdrawn. Raises NotAllowed."""
    check(objection.case, by, own=True)
    Objection.objects.filter(pk=objection.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())


#: What one can share, in the order of the pages; a step of the plan is shared from the plan.
TO_SHARE = tuple(item for item in Item if item != Item.STEP)
