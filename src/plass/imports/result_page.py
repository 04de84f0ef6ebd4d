"""What the page with the result of a check or an import says: sums, what to look at first, which rows, what is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .column_readings import Basis
from .overview import Overview
from .plan_types import RowReport
from .state import Checked, State
from .sums import Sums

#: So many of the rows to look at first stand in full before all the others.
FIRST_ROWS = 10


#: Those that one can always go to where there are such rows. The others are what the sums lead to.
TABS = ("alle", "feil", "venter", "se", "skrives", "ulik", "merknad", "kjent", "utelatt")


def labels(*, written: bool) -> dict[str, str]:
    """What the parts are called."""
    return {
        "alle": _("All rows"),
        "feil": _("Wrong"),
        "venter": _("Wait for an answer"),
        "se": _("Look at first"),
        "skrives": _("Written") if written else _("Would be written"),
        "ulik": _("Says otherwise"),
        "merknad": _("With remarks"),
        "kjent": _("Nothing new"),
        "utelatt": _("Not people"),
        "personer": _("Rows about people"),
        "uten-nummer": _("Without a number that can be read"),
        "nye": _("New people"),
        "her": _("Here already"),
        "nytt": _("Here already, with something new"),
        "rettes": _("People to mend"),
        "utelates": _("Not to be written, by your answer"),
        "resten": _("Not written"),
        "avsluttet": _("Ended"),
        "avsluttet-klare": _("Ended, new or here already"),
        "avsluttet-rettes": _("Ended, to mend"),
        "avsluttet-venter": _("Ended, waiting for an answer"),
        "jobber": _("Jobs"),
        "jobber-rettes": _("Jobs to mend"),
        "jobber-venter": _("Jobs that wait for an answer"),
        "nye-jobber": _("New jobs"),
        "kjente-jobber": _("Jobs recorded already"),
    }


def look_at_first(checked: Checked) -> list[RowReport]:
    """The rows that matter most: those to mend, then those with something odd."""
    wrong = checked.rows_of("feil")[:FIRST_ROWS]
    return [*wrong, *checked.rows_of("se")[: FIRST_ROWS - len(wrong)]]


@dataclass(frozen=True)
class Term:
    """A number of a sum, what it counts, and the part of the rows that shows it."""

    number: int
    words: str
    part: str = ""


@dataclass(frozen=True)
class Equation:
    """A number, and what it is made of."""

    label: str
    total: Term
    terms: list[Term] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether the terms are the total."""
        return not self.terms or self.total.number == sum(term.number for term in self.terms)


def equations(about: Overview) -> list[Equation]:
    """The sums that the list can be held against, each made of smaller ones."""
    lines, sums = about.lines, about.sums
    named = lines.rows - sums.rows_without_number
    rows = Term(lines.rows, ngettext("row with a person", "rows with people", lines.rows), "alle")
    people = Term(sums.people, ngettext("person", "people", sums.people), "personer")
    said = [
        Equation(
            _("Lines"),
            Term(lines.all, ngettext("line with something in it", "lines with something in them", lines.all)),
            _without_zeros(
                Term(lines.headings, ngettext("line of headings", "lines down to the headings", lines.headings)),
                rows,
                Term(lines.left_out, ngettext("that is no person", "that are no people", lines.left_out), "utelatt"),
            ),
        )
    ]
    if sums.rows_without_number:
        said.append(
            Equation(
                _("Rows"),
                rows,
                _without_zeros(
                    Term(
                        named,
                        ngettext("with a number that can be read", "with numbers that can be read", named),
                        "personer",
                    ),
                    Term(
                        sums.rows_without_number,
                        ngettext("without", "without one", sums.rows_without_number),
                        "uten-nummer",
                    ),
                ),
            )
        )
    said.append(
        Equation(
            _("People"),
            people,
            _without_zeros(
                Term(sums.new, ngettext("new", "new ones", sums.new), "nye"),
                Term(sums.here, _("here already"), "her"),
                Term(sums.to_mend, _("to mend"), "rettes"),
                Term(sums.waiting, _("waiting for an answer"), "venter"),
                Term(sums.left_out, _("not to be written, by your answer"), "utelates"),
            ),
        )
    )
    if sums.jobs:
        said.append(
            Equation(
                _("Jobs"),
                Term(sums.jobs, ngettext("job", "jobs", sums.jobs), "jobber"),
                _without_zeros(
                    Term(sums.new_jobs, ngettext("new", "new ones", sums.new_jobs), "nye-jobber"),
                    Term(sums.known_jobs, _("recorded already"), "kjente-jobber"),
                    Term(sums.jobs_to_mend, _("to mend"), "jobber-rettes"),
                    Term(sums.jobs_waiting, _("waiting for an answer"), "jobber-venter"),
                ),
            )
        )
    if sums.all_ended:
        all_ended = Term(
            sums.all_ended,
            ngettext("person whose follow-up has ended", "people whose follow-up has ended", sums.all_ended),
            "avsluttet",
        )
        parts = _without_zeros(
            Term(sums.ended, _("new or here already"), "avsluttet-klare"),
            Term(sums.ended_to_mend, _("to mend"), "avsluttet-rettes"),
            Term(sums.ended_waiting, _("waiting for an answer"), "avsluttet-venter"),
        )
        said.append(Equation(_("Ended"), all_ended, parts if sums.ended != sums.all_ended else []))
    if sums.rows_not_written:
        said.append(
            Equation(
                _("Not written"),
                Term(sums.rows_not_written, ngettext("row", "rows", sums.rows_not_written), "resten"),
                _without_zeros(
                    Term(sums.rows_wrong, _("to mend"), "feil"),
                    Term(sums.rows_waiting, _("waiting for an answer"), "venter"),
                    Term(sums.rows_left_out, _("not to be written, by your answer"), "utelates"),
                ),
            )
        )
    return said


def _without_zeros(*terms: Term) -> list[Term]:
    return [term for term in terms if term.number]


def what_is_written(sums: Sums) -> str:
    """What pressing the button writes, in numbers."""
    said = []
    if sums.new:
        said.append(ngettext("%(count)d person", "%(count)d people", sums.new) % {"count": sums.new})
    if sums.new_jobs:
        said.append(ngettext("%(count)d job", "%(count)d jobs", sums.new_jobs) % {"count": sums.new_jobs})
    if sums.with_news:
        said.append(
            ngettext(
                "what is new about %(count)d who is here already",
                "what is new about %(count)d who are here already",
                sums.with_news,
            )
            % {"count": sums.with_news}
        )
    return str(get_text_list(said, _("and")))


@dataclass(frozen=True)
class ToLookAt:
    """Something to look at before the list is written, and where: a part of the rows, or a place on the page."""

    sentence: str
    part: str = ""
    place: str = ""


def to_look_at(file_state: State) -> list[ToLookAt]:
    """What there is to look at beside the rows to mend, the most important first."""
    if file_state.checked is None:
        return []
    about = file_state.checked.overview
    found = [ToLookAt(sentence) for sentence in about.doubts]
    if odd := len(file_state.checked.rows_of("se")):
        found.append(
            ToLookAt(
                ngettext("%(count)d row has something odd", "%(count)d rows have something odd", odd) % {"count": odd},
                part="se",
            )
        )
    found += [
        ToLookAt(
            ngettext("%(rows)s row: %(sentence)s", "%(rows)s rows: %(sentence)s", common.rows)
            % {"rows": common.rows, "sentence": common.sentence}
        )
        for common in about.common
        if common.is_doubt and not common.is_shared
    ]
    guesses = [column.heading for column in about.columns if column.basis is Basis.GUESS]
    if guesses:
        found.append(
            ToLookAt(
                ngettext(
                    "A column was guessed by a part of its heading: %(columns)s",
                    "Columns were guessed by a part of their headings: %(columns)s",
                    len(guesses),
                )
                % {"columns": ", ".join(guesses)},
                place="kolonner",
            )
        )
    found += [
        ToLookAt(
            _("“%(column)s” is taken as “%(field)s”. %(who)s")
            % {"column": column.heading, "field": column.label, "who": column.chosen_by},
            place="kolonner",
        )
        for column in about.columns
        if column.decided_by_another
    ]
    unread = [column.heading for column in about.columns if column.basis is Basis.UNREAD and column.filled]
    if unread:
        found.append(
            ToLookAt(_("These columns are not read: %(columns)s.") % {"columns": ", ".join(unread)}, place="kolonner")
        )
    return found
