"""Forms of the import: the file, what its columns hold, and the word that lets it be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from plass.access.forms import IdempotentForm
from plass.organisation.models import Team

from . import labels, mapping, queries, tasks
from .column_choices import WhoChose
from .column_readings import where_from
from .fields import Field
from .files.reading import LARGEST_FILE
from .questions import YES, Kind, Question
from .sheet import SheetInFile
from .state import ReadColumn, State


class UploadForm(IdempotentForm):
    """The file. It is read by the view, which knows what to say where it cannot be."""

    file = forms.FileField(
        label=_("The file with the list"),
        allow_empty_file=True,
        help_text=_(
            "Excel (.xlsx, .xls, .xlsb), LibreOffice (.ods), or text with semicolons or tabs (.csv). "
            "At most 10 MB and 10,000 rows."
        ),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.xlsb,.ods,.csv,.txt,.tsv"}),
        error_messages={"required": _("Choose the file first.")},
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before anybody reads it."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size and file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 10 MB. Divide it and import the parts one by one."))
        return file


class ColumnsForm(IdempotentForm):
    """Which team the list is for, and what each column holds (``column_0``, ``column_1``, ...).

    What was guessed from a part of its heading is confirmed (``right_0``, ...), or another field is chosen.
    """

    team = forms.ModelChoiceField(label=_("To which team?"), queryset=Team.objects.none(), empty_label=None)

    follower = forms.ChoiceField(
        label=_("Who follows those whom the list names no job specialist for?"),
        help_text=_(
            "Only those whose follow-up has begun: with a first talk, a meeting or a job. The others wait in the team."
        ),
        error_messages={"required": _("Choose who follows those whom the list names nobody for.")},
    )

    def __init__(
        self,
        *args: Any,
        teams: QuerySet[Team],
        file_state: State,
        chosen: dict[int, Field],
        confirmed: Collection[str] = (),
        who_chose: Mapping[int, WhoChose] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        #: Whose earlier choices are shown: those that hold, and those that must be chosen anew.
        self.who_chose = {
            index: one
            for index, one in (who_chose or {}).items()
            if one.is_chosen_anew or one.holds is chosen.get(index, Field.IGNORED)
        }
        self.columns, self.parts, self.sheets_read = file_state.columns, file_state.parts, file_state.sheets_read
        self.guessed = [
            column for column in self.columns if column.guess and chosen.get(column.index) == Field(column.field)
        ]
        if len(file_state.sheets) > 1:
            self.fields["sheets"] = forms.MultipleChoiceField(
                label=_("Which sheets are read?"),
                help_text=_("Rows of all of them become one list. After a change the columns are shown once more."),
                choices=[(sheet.title, _sheet_label(sheet)) for sheet in file_state.sheets],
                initial=self.sheets_read,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"required": _("Choose at least one sheet.")},
            )
        self.following = {team.pk: queries.who_follows_in(team) for team in teams}
        everybody = {user.pk: user for users in self.following.values() for user in users}
        self.fields["follower"].choices = [("", _("Choose")), *((str(pk), user.name) for pk, user in everybody.items())]  # type: ignore[attr-defined]
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        choices = labels.choices()
        for column in self.columns:
            self.fields[f"column_{column.index}"] = forms.ChoiceField(
                label=column.heading,
                # What nothing names cannot be told again in the next list.
                choices=choices if column.has_heading else choices[:1],
                required=False,
                initial=chosen.get(column.index, Field.IGNORED).value,
            )
        for column in self.guessed:
            self.fields[f"right_{column.index}"] = forms.BooleanField(
                label=_("That is right"), required=False, initial=_key(column) in confirmed
            )

    @property
    def rows(self) -> list[tuple[ReadColumn, forms.BoundField, forms.BoundField | None, WhoChose | None, str]]:
        """The columns with their fields, whose earlier choice it is, and the sheets they are from: those that are guessed
        first, then those that are chosen anew for each list, then in the order of the file.
        """

        def order(column: ReadColumn) -> tuple[bool, bool]:
            who = self.who_chose.get(column.index)
            return column not in self.guessed, who is None or not who.is_chosen_anew

        return [
            (
                column,
                self[f"column_{column.index}"],
                self[f"right_{column.index}"] if column in self.guessed else None,
                self.who_chose.get(column.index),
                where_from(self.parts, column.index),
            )
            for column in sorted(self.columns, key=order)
        ]

    @property
    def confirmed(self) -> dict[str, str]:
        """The answers to the questions whether the guesses are right. Chosen by hand, the guessed field is no guess."""
        return {
            _key(column): YES
            for column in self.columns
            if self._is_as_guessed(column)
            and (column not in self.guessed or self.cleaned_data.get(f"right_{column.index}"))
        }

    def _is_as_guessed(self, column: ReadColumn) -> bool:
        return column.is_guess and self.cleaned_data.get(f"column_{column.index}") == column.field

    @property
    def chosen(self) -> dict[int, Field]:
        """What was chosen for each column."""
        return {column.index: Field(self.cleaned_data[f"column_{column.index}"]) for column in self.columns}

    @property
    def has_other_sheets(self) -> bool:
        """Whether other sheets were chosen than those whose columns the form shows."""
        return "sheets" in self.fields and self.cleaned_data.get("sheets") != self.sheets_read

    def clean(self) -> dict[str, Any]:
        """Without number and name nobody can be imported; and no two columns hold the same."""
        cleaned = super().clean() or self.cleaned_data
        # All that is wrong is told at once: a supervisor must choose who follows, and may have overlooked a column too.
        if self.errors.keys() <= {"follower"}:
            follower, team = cleaned.get("follower"), cleaned["team"]
            if follower and int(follower) not in {user.pk for user in self.following[team.pk]}:
                self.add_error("follower", _("Choose somebody who follows participants in %(team)s.") % {"team": team})
            for sentence in () if self.has_other_sheets else mapping.missing(self.chosen, self.parts):
                self.add_error(None, sentence)
            for column in self.guessed:
                if self._is_as_guessed(column) and _key(column) not in self.confirmed:
                    self.add_error(
                        f"right_{column.index}",
                        _("“%(column)s” is only guessed. Say that it is right, or choose what it holds.")
                        % {"column": column.heading},
                    )
        return cleaned


def _key(column: ReadColumn) -> str:
    return column.guess.key if column.guess else ""


#: A question with its field, and who answered it about an earlier list and when.
Asked = tuple[Question, forms.BoundField, tuple[str, date] | None]


class QuestionsForm(IdempotentForm):
    """Answers to what a check asked, one select for each question (``answer_`` and its key). Any may be left open."""

    def __init__(
        self,
        *args: Any,
        questions: Sequence[Question],
        answers: Mapping[str, str],
        before: Mapping[str, tuple[str, date]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.answers, self.before = questions, answers, before
        for question in questions:
            self.fields[f"answer_{question.key}"] = forms.ChoiceField(
                label=", ".join(question.shown),
                choices=[("", _("Choose")), *question.choices],
                required=False,
                initial=answers.get(question.key, ""),
            )

    @property
    def open_by_kind(self) -> list[tuple[Kind, list[Asked]]]:
        """The open questions with their fields, kind by kind, the most serious first."""
        return self._by_kind([question for question in self.questions if question.key not in self.answers])

    @property
    def answered_by_kind(self) -> list[tuple[Kind, list[Asked]]]:
        """Those that were answered before, which can be answered otherwise."""
        return self._by_kind([question for question in self.questions if question.key in self.answers])

    @property
    def from_earlier_lists(self) -> int:
        """How many are answered as somebody answered them about an earlier list."""
        return sum(question.key in self.before for question in self.questions)

    def _by_kind(self, questions: Sequence[Question]) -> list[tuple[Kind, list[Asked]]]:
        asked = [(question, self[f"answer_{question.key}"], self.before.get(question.key)) for question in questions]
        return [(kind, some) for kind in Kind if (some := [one for one in asked if one[0].kind is kind])]

    @property
    def chosen(self) -> dict[str, str]:
        """The answers that were given, by the keys of their questions."""
        answers = {question.key: self.cleaned_data[f"answer_{question.key}"] for question in self.questions}
        return {key: value for key, value in answers.items() if value}

    def clean(self) -> dict[str, Any]:
        """Sending nothing is a mistake."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.chosen:
            self.add_error(None, _("Choose an answer first."))
        return cleaned


def _sheet_label(sheet: SheetInFile) -> str:
    """A sheet's name, and what is known of it."""
    rows = ngettext("%(count)d row with a person", "%(count)d rows with people", sheet.rows) % {"count": sheet.rows}
    unread = _("not read") if sheet.looks_like_a_list else _("does not look like a list")
    about = rows if sheet.is_read else _("cannot be read") if sheet.why_not else unread
    return f"{sheet.title} – {about}"


class WriteForm(IdempotentForm):
    """How much is to be written."""

    how = forms.ChoiceField(choices=[(tasks.WRITE_ALL, ""), (tasks.WRITE_GOOD, "")], widget=forms.HiddenInput)
