"""What an import leaves behind: the file while somebody works with it, the mapping of its columns, what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection, models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from plass.cases.models import Case
from plass.db import encryption
from plass.db.row_policies import OF_A_CASE, OWN, STAFF, RowPolicy, level_allows
from plass.organisation.models import Office, Team, User
from plass.queue import jobs

from .fields import Field

#: What is done with a file while the file with the rest of it is made: whatever becomes of that, nothing is left half done.
REST = "rest"


class Upload(models.Model):
    """A file that somebody is importing, theirs alone, until they are done or a week has passed.

    ``content`` (the file), ``state`` (what was read and checked, see ``state.py``) and ``rest`` (a file with the rows that
    are not written, where one was made) are sealed: they name people.
    While it is read, checked or written in the background, ``doing`` says which, ``done`` of ``total`` how far it has come,
    and ``job`` is the number of the job that does it. A job that the file does not name any more writes nothing: that is
    how its owner cancels it. ``written`` is how many people the writing has written so far, over all its parts.
    """

    rows = RowPolicy(
        holds="person data",
        select="user_id = (SELECT access_user())",
        insert=f"user_id = (SELECT access_user()) AND {STAFF}",
        update="user_id = (SELECT access_user())",
        update_columns=("team_id", "mapping", "state", "doing", "done", "total", "job", "written", "rest"),
        delete="user_id = (SELECT access_user())",
    )
    sealed = ("content", "state", "rest")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField()
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    mapping = models.JSONField(default=dict)
    state = models.BinaryField()
    doing = models.CharField(max_length=10, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    job = models.BigIntegerField(null=True)
    written = models.PositiveIntegerField(default=0)
    rest = models.BinaryField(null=True)
    #: The state as it was read, sealed, and what it says: it is long, and opened once.
    opened_state: tuple[bytes | memoryview, bytes] | None = None

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user"], name="imports_upload_user"),
            models.Index(fields=["at"], name="imports_upload_at"),
        ]

    @cached_property
    def job_state(self) -> jobs.State | None:
        """How far its background job is; None where it has none."""
        return jobs.state(self.job) if self.doing else None

    @property
    def is_worked_on(self) -> bool:
        """Whether it is read, checked or imported now, or waits for its turn."""
        return self.job_state in ("waits", "goes on")

    @property
    def was_interrupted(self) -> bool:
        """Whether reading, checking or importing it ended before its end: it was cancelled, or failed."""
        return bool(self.doing) and self.doing != REST and not self.is_worked_on

    @property
    def was_cancelled(self) -> bool:
        """Whether its owner ended it before its end."""
        return bool(self.doing) and self.job is None


#: The row is of an office where the acting user follows people or leads those who do: who imports lists there.
AT_ONES_OFFICE = "office_id = ANY ((SELECT access_offices('{specialist,supervisor}'))::bigint[])"


class ColumnChoice(models.Model):
    """What somebody said that a column of an office's list holds, for the next list with the same headings.

    ``headings`` is the fingerprint of those of the whole list; ``holds`` is a value of ``Field``, empty where the column is
    not read. Rows are only ever added, and the last one of a column holds, so they are their own history.
    """

    rows = RowPolicy(holds="staff", select=AT_ONES_OFFICE, insert=AT_ONES_OFFICE)
    office = models.ForeignKey(Office, models.CASCADE, related_name="+", db_index=False)
    headings = models.CharField(max_length=64)
    column = models.PositiveSmallIntegerField()
    holds = models.CharField(max_length=30, blank=True)
    #: Nobody is known of those from before this was kept.
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False, db_index=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["office", "headings"], name="imports_columnchoice_list")]

    @property
    def field(self) -> Field | None:
        """What it holds; None where there is no such field, or none any more."""
        return Field(self.holds) if self.holds in set(Field) else None


class Imported(models.Model):
    """A fact that an import wrote, by a fingerprint of what the file said, so that the same file adds nothing twice."""

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select, insert=OF_A_CASE.insert)
    hashed: ClassVar = {"fingerprint": "true"}
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    fingerprint = models.BinaryField(max_length=32)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "fingerprint"], name="imports_imported_once")]

    @classmethod
    def remember(cls, written: Sequence[ToRemember]) -> Sequence[ToRemember]:
        """Remember what was written, in one statement: there are several for each person. Returns it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO imports_imported (case_id, fingerprint, at) "
                "SELECT case_id, fingerprint, now() FROM unnest(%s::bigint[], %s::bytea[]) AS w (case_id, fingerprint)",
                [[one.case_id for one in written], [one.fingerprint for one in written]],
            )
        return written


class ImportedPerson(models.Model):
    """What the one who imported a person keeps of that, by fingerprints: that they did, and what they answered.

    Theirs alone to read: whoever does not see the case any more is told what they did themselves, and nothing of the case.
    """

    rows = RowPolicy(holds="person data", select=OWN, insert=f"{OWN} AND {level_allows(3)}")
    hashed: ClassVar = {"fingerprint": "true"}
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    fingerprint = models.BinaryField(max_length=32)
    is_answer = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "fingerprint"], name="imports_person_user")]

    @classmethod
    def remember(cls, written: Sequence[PersonToRemember], *, by: User) -> None:
        """Remember for the one who imports what they wrote of whom, in one statement."""
        if not written:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO imports_importedperson (user_id, case_id, fingerprint, is_answer, at) "
                "SELECT %s, case_id, fingerprint, is_answer, now() "
                "FROM unnest(%s::bigint[], %s::bytea[], %s::boolean[]) AS w (case_id, fingerprint, is_answer)",
                [
                    by.pk,
                    [one.case_id for one in written],
                    [one.fingerprint for one in written],
                    [one.is_answer for one in written],
                ],
            )


class KeptAnswer(models.Model):
    """What somebody answered that words of a list mean: it holds for the office's next lists. The newest one counts.

    ``question`` is a fingerprint of the words, which are kept nowhere.
    """

    _AT_THE_OFFICE = "office_id = ANY ((SELECT access_offices('{specialist,supervisor,counsellor}'))::bigint[])"
    rows = RowPolicy(holds="staff", select=_AT_THE_OFFICE, insert=f"{OWN} AND {_AT_THE_OFFICE}")
    hashed: ClassVar = {"question": "true"}
    office = models.ForeignKey(Office, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    question = models.BinaryField(max_length=32)
    answer = models.CharField(max_length=60)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["office"], name="imports_answer_office")]


def question_mark(question: str, *about: object) -> bytes:
    """32 bytes that say "this question" to who has the key, and nothing to others."""
    return encryption.keyed_hash("|".join(("question", question, *map(str, about))).encode())


@dataclass(frozen=True, slots=True)
class PersonToRemember:
    """A person whom somebody imported, or an answer about one, by its fingerprint, and the case that was written to."""

    case_id: int
    fingerprint: bytes
    is_answer: bool


@dataclass(frozen=True, slots=True)
class ToRemember:
    """A fact of a case that an import writes, by its fingerprint."""

    case_id: int
    fingerprint: bytes
