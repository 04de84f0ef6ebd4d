"""What was answered about earlier lists, so that a list that comes again does not ask the same again.

What words mean is the office's to know. What was answered about one person is known to whoever answered it and imported
that person, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from plass.organisation.models import Team, User

from .models import ImportedPerson, KeptAnswer, question_mark
from .questions import LEFT_OUT, OF_THE_OFFICE, AnsweredBefore, Answers, Kind, Question


@dataclass(frozen=True)
class KeptAnswers:
    """Those of an office, by the marks of their questions, and those that the one who imports gave about people, by their
    own marks, with the days.
    """

    office: int
    by: str
    of_words: Mapping[bytes, AnsweredBefore]
    of_people: Mapping[bytes, date]
    _found: dict[str, AnsweredBefore | None] = field(default_factory=dict)

    def to(self, question: Question) -> AnsweredBefore | None:
        """The answer that holds for the question too, or None."""
        if question.key not in self._found:
            self._found[question.key] = self._to(question)
        return self._found[question.key]

    def _to(self, question: Question) -> AnsweredBefore | None:
        if question.kind in OF_THE_OFFICE and self.of_words:
            return self.of_words.get(question_mark(question.key, self.office))
        if question.kind is Kind.PROTECTION and self.of_people:
            for answer, _label in question.choices:
                if day := self.of_people.get(question_mark(question.key, self.office, answer)):
                    return AnsweredBefore(answer, self.by, day)
        return None


def kept_answers(by: User, team: Team) -> KeptAnswers:
    """What was answered before that holds for a list to ``team``."""
    of_words = {
        bytes(kept.question): AnsweredBefore(kept.answer, kept.user.name, timezone.localdate(kept.at))
        for kept in KeptAnswer.objects.filter(office=team.office_id).select_related("user").order_by("pk")
    }
    of_people = {
        bytes(mark): timezone.localdate(at)
        for mark, at in ImportedPerson.objects.filter(user=by, is_answer=True)
        .order_by("pk")
        .values_list("fingerprint", "at")
    }
    return KeptAnswers(team.office_id, by.name, of_words, of_people)


def keep(answers: Mapping[str, str], questions: Iterable[Question], *, by: User, team: Team) -> None:
    """Keep for the team's office what words were answered to mean; not that somebody is left out because of a remark."""
    KeptAnswer.objects.bulk_create(
        KeptAnswer(
            office_id=team.office_id, user=by, question=question_mark(question.key, team.office_id), answer=answer
        )
        for question in questions
        if question.kind in OF_THE_OFFICE
        and (answer := answers.get(question.key))
        and not (question.kind is Kind.REMARK and answer == LEFT_OUT)
    )


def used(answers: Answers, questions: Iterable[Question]) -> dict[str, AnsweredBefore]:
    """The answers from earlier lists that hold for these questions, by their keys."""
    return {question.key: before for question in questions if (before := answers.before(question))}
