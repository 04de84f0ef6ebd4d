"""Which column is what, from its heading in Norwegian or English."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import sha256

from . import guards, neighbours, whose
from .fields import DATES, OF_A_JOB, SECOND_JOB, Field
from .headings import GUESSED, HEADINGS, OUTCOMES, SHORT_FIRST_DAYS, SHORT_LAST_DAYS

#: Headings of the columns that a file with the rest gets from us; they are no part of the list.
OURS = ("hva er galt", "what is wrong", "rad i lista", "row in the list")

#: Words that mean a column only where they are the whole heading: "I jobb" and "Ønsker for jobb" are no titles.
_ALONE = {"jobb", "job"}

#: What may stand before or after a known heading without making another of it: whose it is, that it is of the follow-up,
#: that it is a date, or how it is answered.
_PARTICIPANT_WORDS = {
    *("deltaker", "deltakers", "deltakerens", "bruker", "brukers", "brukerens", "klient", "klients", "klientens"),
    *("kandidat", "kandidatens", "for deltaker", "til deltaker", "for bruker", "til bruker", "client", "client s"),
    *("participant", "participant s", "oppfølging", "oppfølgingen", "oppfølgning", "follow up"),
}
#: The same of the follow-up's days, its status and the cause of its end: into what, or out of what.
_FOLLOW_UP_WORDS = {
    "ips",
    *(
        f"{word} {follow_up}"
        for word in ("til", "i", "fra", "av", "for", "ved", "in", "to", "from")
        for follow_up in (
            "ips",
            "tiltaket",
            "tiltak",
            "oppfølging",
            "oppfølgingen",
            "programmet",
            "jobbstøtte",
            "ijs",
            "program",
        )
    ),
}
_OF_A_FOLLOW_UP_ITSELF = (
    *(Field.REFERRED_ON, Field.STARTED_ON, Field.LAST_MET_ON, Field.ENDED_ON, Field.PLANNED_END_ON),
    *(Field.STATUS, Field.END_CAUSE),
)
_JOB_WORDS = {
    *("i jobb", "av jobb", "for jobb", "jobb", "jobben", "i arbeid", "arbeid", "i arbeidsforhold", "arbeidsforhold"),
    *("i stilling", "stilling", "ansettelse", "ansettelsen", "job", "employment"),
}
_DATE_WORDS = {"dato for", "dato", "date of", "date"}
_YES_OR_NO = {"ja nei", "yes no"}
#: A text that is longer is no heading. A cell may hold three hundred times as much, and hundreds of them stand in a row.
LONGEST_HEADING = 100
#: So many words each of these has at most.
_LONGEST_AFFIX = 2
#: Beside a word for a job, these are its first and its last day.
_STARTS = {
    *("start", "startet", "startdato", "oppstart", "oppstartdato", "oppstartsdato", "dato oppstart", "dato start"),
    *("begynte", "begynt", "start date", "started", "started on", "first day", "første dag"),
}
_ENDS = {
    *("slutt", "sluttet", "sluttdato", "avsluttet", "avslutta", "avsluttet dato", "dato avsluttet", "dato slutt"),
    *("avslutning", "avslutningsdato", "end", "ended", "end date", "ended on", "last day", "siste dag"),
}

#: Headings of a cause that do not say of what.
_CAUSES_WRITTEN = (
    "årsak",
    "sluttårsak",
    "avslutningsårsak",
    "årsak avslutning",
    "årsak til slutt",
    "grunn til slutt",
    "sluttgrunn",
    "end cause",
    "hvorfor slutt",
)


#: What stands for Norwegian letters where a program or a keyboard has none. Both sides are folded, so "ae" and "a" may meet.
_LETTERS = (
    ("æ", "a"),
    ("ae", "a"),
    ("ä", "a"),
    ("å", "a"),
    ("aa", "a"),
    ("ø", "o"),
    ("oe", "o"),
    ("ö", "o"),
    ("é", "e"),
)
#: The number of a job, as people put it behind or before what it is of.
_NUMBER_BEHIND = re.compile(r"(?P<words>.+?) ?(?P<job>\b(?:jobb|job|arbeidsforhold) ?)?(?P<which>[12])")
_NUMBER_BEFORE = re.compile(r"(?P<job>jobb|job|arbeidsforhold) ?(?P<which>[12]) (?P<words>.+)")
#: Words that mean the follow-up's first or last day, and beside an employer the job's.
_BESIDE_A_JOB = {
    "start": Field.JOB_STARTED_ON,
    "startdato": Field.JOB_STARTED_ON,
    "oppstart": Field.JOB_STARTED_ON,
    "startet": Field.JOB_STARTED_ON,
    "start date": Field.JOB_STARTED_ON,
    "fra": Field.JOB_STARTED_ON,
    "slutt": Field.JOB_ENDED_ON,
    "sluttdato": Field.JOB_ENDED_ON,
    "avsluttet": Field.JOB_ENDED_ON,
    "end date": Field.JOB_ENDED_ON,
    "til": Field.JOB_ENDED_ON,
    "årsak": Field.JOB_END_REASON,
    "sluttårsak": Field.JOB_END_REASON,
}
#: Those of them that are a job's also by their place alone, after its columns.
_OF_A_JOB_BY_PLACE = {words: _BESIDE_A_JOB[words] for words in ("startdato", "start", "sluttdato", "slutt")}
#: Short headings that may be the follow-up's or a job's, and what they then are of each.
_OF_EITHER = {
    **dict.fromkeys(SHORT_FIRST_DAYS, (Field.STARTED_ON, Field.JOB_STARTED_ON)),
    **dict.fromkeys(SHORT_LAST_DAYS, (Field.ENDED_ON, Field.JOB_ENDED_ON)),
}
#: Those of them that are known to be of a follow-up where they stand alone.
_OF_A_FOLLOW_UP = ("oppstart", "startet", "avsluttet", "årsak", "sluttårsak")


def folded(words: str) -> str:
    """Words without what programs and keyboards lose: Norwegian letters, and where a word was divided.

    ``"fødselsnummer"``, ``"foedselsnummer"``, ``"fodselsnummer"`` and ``"fødsels nummer"`` are the same.
    """
    for written, letter in _LETTERS:
        words = words.replace(written, letter)
    return words.replace(" ", "")


_CAUSES = {folded(words) for words in _CAUSES_WRITTEN}
_KNOWN = {folded(words): field for field, headings in HEADINGS.items() for words in headings}
_FIRST_WORDS = {field: {words.split()[0] for words in headings} for field, headings in HEADINGS.items()}
_IN_FIELDS = Counter(word for words in _FIRST_WORDS.values() for word in words)
#: The words that the headings of a field begin with, and those of no other ("navn", "dato").
_WORDS_OF = {field: {word for word in words if _IN_FIELDS[word] == 1} for field, words in _FIRST_WORDS.items()}
_MOST_WORDS = max(len(words.split()) for headings in HEADINGS.values() for words in headings)


def plain(heading: object) -> str:
    """A heading in lower case without punctuation: ``"Fødselsnr. (11 siffer)"`` -> ``"fødselsnr 11 siffer"``.

    Of a text that is too long for a heading it is the beginning.
    """
    text = unicodedata.normalize("NFC", str(heading)[: LONGEST_HEADING + 1]).lower().replace("%", " prosent ")
    return " ".join(re.sub(r"[^0-9a-zæøåäöéü]+", " ", text).split())


def is_ours(heading: object) -> bool:
    """Whether the column was added by this program, in a file with the rows that were wrong."""
    return plain(heading) in OURS


@dataclass(frozen=True)
class Recognised:
    """What a heading says its column holds. A guess must be confirmed before anything is written by it.

    ``guarded_by`` is the word of something else for whose sake the heading is not even guessed. ``after`` is the heading of
    the column before it for whose sake it is only a guess.
    """

    field: Field
    is_guess: bool = False
    guarded_by: str = ""
    after: str = ""


NOT_READ = Recognised(Field.IGNORED)


def known(words: str) -> Field | None:
    """The field of a plain heading that is known as a whole, also with whose it is ("deltakers telefon", "start jobb").

    Of the columns of a second job it is with its number ("arbeidsgiver 2"). None where the heading is not known.
    """
    if (listed := _listed(words)) is not None:
        return listed
    for affix, rest in _divided(words):
        field = _listed(rest) or Field.IGNORED
        if affix in _DATE_WORDS:
            field = field or _day_of(rest)
        if affix in _FOLLOW_UP_WORDS and not field:
            # "Dato for henvisning til IPS".
            field = next((_day_of(of) for date, of in _divided(rest) if date in _DATE_WORDS and _day_of(of)), field)
        if affix in _JOB_WORDS:
            field = Field.JOB_STARTED_ON if rest in _STARTS else Field.JOB_ENDED_ON if rest in _ENDS else field
            field = Field.JOB_END_REASON if field is Field.END_CAUSE else field
        if field and (
            (affix in _JOB_WORDS and field in OF_A_JOB)
            or (affix in _DATE_WORDS and field in DATES)
            or (affix in _YES_OR_NO and field in (Field.SUBSIDISED, Field.PROTECTION))
            or (affix in _PARTICIPANT_WORDS and field not in OF_A_JOB)
            or (affix in _FOLLOW_UP_WORDS and field in _OF_A_FOLLOW_UP_ITSELF)
        ):
            return field
    base, which, says_job = _numbered(words)
    if which is None:
        return None
    of_a_job = _of_a_job(base) if says_job else _listed(base)
    if of_a_job not in SECOND_JOB:
        return None
    return of_a_job if which == 1 else SECOND_JOB[of_a_job]


def _listed(words: str) -> Field | None:
    return _KNOWN.get(folded(words))


def _day_of(words: str) -> Field:
    """What the day of something is: of "henvisning" it is "henvisningsdato"."""
    return _listed(words) or _listed(f"{words}dato") or _listed(f"{words}sdato") or Field.IGNORED


def _divided(words: str) -> Iterator[tuple[str, str]]:
    """The first or last words, and the rest."""
    parts = words.split()
    for length in range(1, min(len(parts), _LONGEST_AFFIX + 1)):
        yield " ".join(parts[:length]), " ".join(parts[length:])
        yield " ".join(parts[-length:]), " ".join(parts[:-length])


def _numbered(words: str) -> tuple[str, int | None, bool]:
    """A plain heading without the number of a job, that number, and whether it says that it is of a job."""
    match = _NUMBER_BEFORE.fullmatch(words) or _NUMBER_BEHIND.fullmatch(words)
    return (match["words"], int(match["which"]), match["job"] is not None) if match else (words, None, False)


def _of_a_job(words: str) -> Field | None:
    """What a plain heading means among the columns of a job."""
    field = _BESIDE_A_JOB.get(words) or _listed(words)
    return field if field in SECOND_JOB else None


def recognise_one(heading: object) -> Recognised:
    """What one heading says by itself: the whole of it if that is known, else a guess by its longest known end or beginning.

    A heading with a word of something else (a job's, a counsellor's, an earlier or a wished one's) is not guessed.
    """
    if len(str(heading)) > LONGEST_HEADING:
        return NOT_READ
    words = plain(heading)
    if (whole := known(words)) is not None:
        return Recognised(whole)
    if words in GUESSED:
        return Recognised(GUESSED[words][0], is_guess=True)
    guarded_by = ""
    parts = words.split()
    for length in range(min(len(parts) - 1, _MOST_WORDS), 0, -1):
        for candidate in (" ".join(parts[-length:]), " ".join(parts[:length])):
            field = _listed(candidate)
            if field and len(candidate) > 2 and candidate not in _ALONE:
                word = guards.word_of_something_else(words, field.value)
                if not word:
                    return Recognised(field, is_guess=True)
                guarded_by = guarded_by or word
    return Recognised(Field.IGNORED, guarded_by=guarded_by)


def field_of(heading: object) -> Field:
    """What the heading means, known or guessed."""
    return recognise_one(heading).field


def recognise(
    headings: Sequence[tuple[int, str]], cells: neighbours.Cells = neighbours.no_cells
) -> dict[int, Recognised]:
    """Which column holds what: (column, heading) pairs in, by column out. No field is given to two columns.

    A known heading wins over a guessed one, one that says what it is of over "Start", an earlier pair over a later. "Start"
    and "Slutt" in a list with a job's columns are guesses: the job's where they stand after those, because that is how
    people write them, else the follow-up's. What may be
    someone else's or a job's by the columns before it is a guess too, where its ``cells`` do not tell (``neighbours.py``).
    """
    plain_headings = [(index, plain(heading)) for index, heading in headings]
    by_neighbours = _two_jobs(plain_headings) | _number_in_two(plain_headings)
    recognised = {index: Recognised(field) for index, field in by_neighbours.items()}
    used: set[Field] = {field for field in by_neighbours.values() if field}
    by_itself = {index: recognise_one(heading) for index, heading in headings}
    may_be = _what_short_headings_may_be(plain_headings, by_itself)
    doubtful = neighbours.doubtful(
        [
            neighbours.Heading(index, words, by_neighbours[index])
            if index in by_neighbours
            else neighbours.Heading(
                index,
                words,
                by_itself[index].field,
                _said_of_a_job(words),
                words in _OF_A_JOB_BY_PLACE,
                _is_unknown(words),
            )
            for index, words in plain_headings
        ],
        cells,
    )
    may_be |= {index: tuple(dict.fromkeys((one.field, *may_be.get(index, ())))) for index, one in doubtful.items()}
    said_before = {index: dict(headings)[one.after] for index, one in doubtful.items()}

    def take(index: int, fields: Iterable[Field], *, is_guess: bool) -> None:
        field = next((field for field in fields if field not in used), Field.IGNORED)
        if field and index not in recognised:
            recognised[index] = Recognised(field, is_guess=is_guess, after=said_before.get(index, ""))
            used.add(field)

    sure = [(index, words) for index, words in plain_headings if index not in may_be and not by_itself[index].is_guess]
    # "Avsluttet: ja" gives way to "Dato avsluttet", also where one of them is a guess ("Dato ut").
    only_whether = {
        index
        for index, _words in plain_headings
        if by_itself[index].field in DATES and whose.says_whether_it_goes_on(cells(index))
    }
    for is_short in (False, True):
        for index, words in sure:
            if (words in _OF_EITHER) is is_short and index not in only_whether:
                take(index, [by_itself[index].field], is_guess=False)
    for index, words in plain_headings:
        if index in only_whether:
            continue
        guesses = may_be.get(index) or GUESSED.get(words) or (by_itself[index].field,)
        # Where no column says when people were referred, nothing is nearer to it than the day of intake.
        is_the_referral = Field.REFERRED_ON in guesses and Field.REFERRED_ON not in used
        take(index, guesses[::-1] if is_the_referral else guesses, is_guess=True)
    for index in sorted(only_whether):
        fields = may_be.get(index, (by_itself[index].field,))
        take(index, fields, is_guess=index in may_be or by_itself[index].is_guess)
    for index, words in plain_headings:
        if OUTCOMES.fullmatch(words) and Field.ENDED_ON in used:
            take(index, [Field.END_CAUSE, Field.STATUS], is_guess=True)
        elif OUTCOMES.fullmatch(words) and "status" in words:
            take(index, [Field.STATUS], is_guess=True)
    guarded_by = {index: alone.guarded_by for index, alone in by_itself.items()}
    guarded_by |= {index: said_before[index] for index, one in doubtful.items() if not one.field}
    return {
        index: recognised.get(index, Recognised(Field.IGNORED, guarded_by=word)) for index, word in guarded_by.items()
    }


def _is_unknown(words: str) -> bool:
    return known(words) is None and words not in GUESSED and not guards.word_of_something_else(words, Field.PHONE.value)


def _said_of_a_job(words: str) -> Field:
    """What a heading that does not say of what it is a day or the cause says of a job."""
    if words in _STARTS:
        return Field.JOB_STARTED_ON
    if words in _ENDS:
        return Field.JOB_ENDED_ON
    return Field.JOB_END_REASON if folded(words) in _CAUSES else Field.IGNORED


def _what_short_headings_may_be(
    plain_headings: Sequence[tuple[int, str]], by_itself: Mapping[int, Recognised]
) -> dict[int, tuple[Field, ...]]:
    """What short headings ("Start", "Sluttdato", "Årsak") may be in a list with a job's columns, the likeliest first."""
    of_a_job = (Field.EMPLOYER, Field.JOB_TITLE)
    first_of_a_job = min((index for index, words in plain_headings if known(words) in of_a_job), default=None)
    if first_of_a_job is None:
        return {}
    known_fields = {
        alone.field
        for index, alone in by_itself.items()
        if not alone.is_guess and dict(plain_headings)[index] not in _OF_EITHER
    }
    may_be: dict[int, tuple[Field, ...]] = {}
    for index, words in plain_headings:
        if words in _OF_A_JOB_BY_PLACE and index > first_of_a_job:
            may_be[index] = (_OF_A_JOB_BY_PLACE[words],)
        elif words in _OF_EITHER and _OF_EITHER[words][1] not in known_fields:
            may_be[index] = _OF_EITHER[words]
    ends = {field for fields in may_be.values() for field in fields[:1]}
    if Field.JOB_ENDED_ON in ends and not {Field.ENDED_ON, Field.JOB_END_REASON} & (ends | known_fields):
        may_be |= {
            index: (Field.JOB_END_REASON,)
            for index, words in plain_headings
            if folded(words) in _CAUSES and index > first_of_a_job
        }
    return may_be


def may_hold(heading: str, field: Field) -> bool:
    """Whether a heading that is not known is likely another way to write one of a field: "Arb.giv", "Arbeidsgivernavn"."""
    words = plain(heading)
    return not guards.word_of_something_else(words, field.value) and any(
        _is_alike(word, other) for word in words.split() for other in _WORDS_OF[field]
    )


def _is_alike(word: str, other: str) -> bool:
    short, long = sorted((folded(word), folded(other)), key=len)
    return len(short) > 2 and long.startswith(short)


def _two_jobs(plain_headings: Sequence[tuple[int, str]]) -> dict[int, Field]:
    """The columns of two jobs that stand side by side: the same headings once more, or with a number.

    What stands as often as there are employers belongs to one of them each. What stands once behind the second employer
    could be of either job, or of the follow-up, and is not read; nor is a third job.
    """
    places: dict[str, list[tuple[int, int]]] = {}
    for index, words in plain_headings:
        base, which, _says_job = _numbered(words)
        of_a_number = which is not None and _of_a_job(base) is not None
        places.setdefault(base if of_a_number else words, []).append((which or 1 if of_a_number else 1, index))
    order = {index: place for place, (index, _words) in enumerate(plain_headings)}
    employers = next((at for words, at in places.items() if known(words) is Field.EMPLOYER and len(at) > 1), [])
    if not employers:
        return {}
    second_employer = sorted(employers)[1][1]
    fields: dict[int, Field] = {}
    for words, at in places.items():
        field = _of_a_job(words)
        if field is None:
            continue
        indexes = [index for _which, index in sorted(at, key=lambda pair: (pair[0], order[pair[1]]))]
        if len(indexes) == len(employers):
            fields |= dict.fromkeys(indexes, Field.IGNORED) | {indexes[0]: field, indexes[1]: SECOND_JOB[field]}
        elif order[indexes[0]] > order[second_employer] and words not in _OF_A_FOLLOW_UP:
            fields |= dict.fromkeys(indexes, Field.IGNORED)
    return fields


def _number_in_two(plain_headings: Sequence[tuple[int, str]]) -> dict[int, Field]:
    """The column with the last five digits of the identity number, where the birth date has a column of its own."""
    by_heading = {words: index for index, words in plain_headings}
    of_the_number = [index for words, index in by_heading.items() if known(words) is Field.IDENTITY_NUMBER]
    has_birth_date = any(known(words) is Field.BIRTH_DATE for words in by_heading)
    last_five = [by_heading[words] for words in ("personnummer", "personnr", "pnr") if words in by_heading]
    return {last_five[0]: Field.PERSONAL_NUMBER} if has_birth_date and last_five and of_the_number == last_five else {}


def fingerprint(headings: Iterable[str]) -> str:
    """64 characters that are the same for lists with the same headings, whatever the capitals and the points."""
    return sha256("|".join(plain(heading) for heading in headings).encode()).hexdigest()


def is_known(heading: object) -> bool:
    """Whether the heading is known as a whole."""
    return known(plain(heading)) is not None


def headings_in(cells: Iterable[object]) -> int:
    """How many different known headings a row has; 0 where none of them says who (a name or a number)."""
    return _fields_with_somebody({field_of(text) for text in _texts(cells)})


def are_headings(cells: Iterable[object]) -> bool:
    """Whether a row has the headings of a list: two that are known as wholes, or several that may be.

    In a guide a heading and what is said of it stand beside each other, and the sentence may end in another heading.
    """
    texts = _texts(cells)
    return _fields_with_somebody({known(plain(text)) or Field.IGNORED for text in texts}) > 1 or headings_in(texts) > 3


def _texts(cells: Iterable[object]) -> set[str]:
    """Each text of a row once, but for those that are too long for a heading."""
    return {cell for cell in cells if isinstance(cell, str) and len(cell) <= LONGEST_HEADING}


def _fields_with_somebody(fields: Set[Field]) -> int:
    fields = fields - {Field.IGNORED}
    who = {Field.IDENTITY_NUMBER, Field.PERSONAL_NUMBER, Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME}
    return len(fields) if fields & who else 0
