"""Lists that have been damaged: whatever is done to a file, it is refused with a sentence or read without a wrong person.

    DJANGO_SETTINGS_MODULE=plass.config.settings .venv/bin/python -m tests.imports.fuzz [--seconds 600] [--seed 1]

A list as an office has it is made, written in one of the formats, and damaged: cells swapped between people, rows and cells
taken away, bytes of the file changed, quotation marks and delimiters put in or taken out, parts of a packed file damaged.
Reading it must end in a plan or in UnreadableFile. Each text of a list is one person's alone, so a text that turns up in the
plan of another is a wrong fact, unless the damage itself put it into that person's line of the file.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from . import formats
from .caseloads import TODAY, Cell, Job, Layout, Person, facts_of, table

Rows = list[list[Cell]]

_CONSONANTS, _VOWELS = "bdfghjklmnprstv", "aeiouyæøå"
_ENDS = (b"\r", b"\n")


@dataclass(frozen=True)
class Damaged:
    """A damaged file, what was done to it, whose each text is, and whether its text shows what stands in one line."""

    content: bytes
    how: str
    owners: dict[str, set[str]]
    numbers: tuple[str, ...]
    #: The encoding of a text file; the empty string for a workbook.
    encoding: str = ""
    #: The damage may have put anything anywhere, as where a workbook's texts are mixed up.
    moves_texts: bool = False


@dataclass
class Found:
    """What came of many damaged files."""

    tried: int = 0
    read: int = 0
    refused: int = 0
    people: int = 0
    faults: list[str] | None = None
    by_kind: Counter[str] | None = None


def damaged(seed: int) -> Damaged:
    """The damaged file of this number, the same each time."""
    chance = Random(seed)
    those = _people(chance)
    owners = {text: {person.number} for person in those for text in _texts(person)}
    layout = Layout(
        seed=chance.randrange(10_000),
        is_name_in_one_column=chance.random() < 0.5,
        has_title=chance.random() < 0.3,
        has_gaps=chance.random() < 0.3,
        dates=chance.choice(["iso", "long", "short", "words"]),
        has_decimal_comma=chance.random() < 0.5,
        numbers=chance.choice(["digits", "digits", "space"]),
    )
    rows = table(those, layout)
    numbers = tuple(person.number for person in those)
    if chance.random() < 0.65:
        return _damaged_text(chance, rows, owners, numbers)
    return _damaged_workbook(chance, rows, owners, numbers)


def wrong_people(one: Damaged, plan_facts: dict[str, Person]) -> list[str]:
    """Texts that stand in the plan of somebody whose they are not, though no line of the file has both."""
    if one.moves_texts:
        return []
    lines = [] if not one.encoding else re.split(r"\r\n|\r|\n", one.content.decode(one.encoding, errors="replace"))
    said = []
    for number, person in plan_facts.items():
        for text in _said_of(person):
            for owned, owners in one.owners.items():
                if owned.lower() in text.lower() and number not in owners and not _stand_together(number, owned, lines):
                    said.append(f"{owned} in the plan of {number}")
    return said


def read(one: Damaged) -> dict[str, Person] | None:
    """What the plan of a damaged file would write; None where it is refused. Raises what nothing handles."""
    from plass.imports import error_workbook, mapping, plan, sheet, state
    from plass.imports.files import reading, transport, worker
    from plass.imports.files.limits import Refused
    from plass.imports.files.reading import UnreadableFile

    try:
        if one.content.startswith((reading.ZIP, reading.OLE)):
            # As the process of its own does it, and a hundred times as fast.
            found = sheet.of_file(transport.load(worker.answer(one.content)))
        else:
            found = sheet.read(one.content, "liste")
    except (UnreadableFile, Refused):
        return None
    columns = mapping.by_headings(found)
    json.loads(state.of_sheet(found, columns).dump())
    if mapping.missing(columns, found.parts):
        return {}
    made = plan.make(found, columns, today=TODAY)
    error_workbook.workbook(found, [report for report in made.reports.values() if report.problems], columns)
    return facts_of(made)


def run(seeds: Sequence[int] | None = None, *, seconds: float = 0, first: int = 0) -> Found:
    """Try the damaged files of these numbers, or as many from ``first`` on as there is time for."""
    found = Found(faults=[], by_kind=Counter())
    assert found.faults is not None and found.by_kind is not None
    until, seed = time.monotonic() + seconds, first
    numbers = iter(seeds) if seeds is not None else None
    while True:
        if numbers is not None:
            seed = next(numbers, -1)
            if seed < 0:
                return found
        elif time.monotonic() > until:
            return found
        one = damaged(seed)
        found.tried += 1
        began = time.process_time()
        try:
            facts = read(one)
        except Exception as error:
            found.faults.append(f"{seed} ({one.how}): {type(error).__name__}: {error}")
        else:
            found.refused += facts is None
            found.read += facts is not None
            found.people += len(facts or ())
            found.by_kind[f"{one.how}: {'refused' if facts is None else 'read'}"] += 1
            found.faults += [f"{seed} ({one.how}): {said}" for said in wrong_people(one, facts or {})]
        if time.process_time() - began > 5:
            found.faults.append(f"{seed} ({one.how}): took {time.process_time() - began:.0f} s")
        seed += 1


# What is damaged.


def _people(chance: Random) -> list[Person]:
    has_plain_texts = chance.random() < 0.5
    those = [_person(chance, has_plain_texts) for _number in range(chance.randint(2, 9))]
    return list({person.number: person for person in those}.values())


def _person(chance: Random, has_plain_texts: bool) -> Person:
    from ..world import identity_number

    referred = date(2024, 1, 1) + timedelta(days=chance.randrange(400))
    wishes = (
        [_word(chance)]
        if has_plain_texts
        else [_word(chance), f'{_word(chance)}, "{_word(chance)}"', f"{_word(chance)}; {_word(chance)}"]
    )
    if chance.random() < 0.2 and not has_plain_texts:
        wishes.append(f"{_word(chance)}\n{_word(chance)}")
    return Person(
        number=identity_number(date(1960, 1, 1) + timedelta(days=chance.randrange(12_000)), chance.randrange(400)),
        given_name=_word(chance),
        family_name=_word(chance),
        phone=str(chance.randrange(90_000_000, 99_999_999)),
        referred_on=referred,
        started_on=referred + timedelta(days=14),
        specialist=_word(chance),
        wishes=chance.choice(wishes),
        ended_on=referred + timedelta(days=300) if chance.random() < 0.3 else None,
        end_cause="work" if chance.random() < 0.5 else "other",
        jobs=tuple(
            Job(f"{_word(chance)} AS", _word(chance), Decimal("20.0"), referred + timedelta(days=60))
            for _job in range(chance.choice([0, 1, 1, 2]))
        ),
    )


def _word(chance: Random) -> str:
    """Ten letters that no other word of the list is a part of."""
    return "".join(chance.choice(_VOWELS if at % 2 else _CONSONANTS) for at in range(10)).capitalize()


def _texts(person: Person) -> list[str]:
    """What is told of one person alone."""
    jobs = [text for job in person.jobs for text in (job.employer.removesuffix(" AS"), job.title)]
    wishes = re.findall(r"[^\W\d_]{10}", person.wishes)
    return [person.number, person.given_name, person.family_name, person.phone, person.specialist, *wishes, *jobs]


def _said_of(person: Person) -> list[str]:
    """All texts in a person's plan, the number aside."""
    jobs = [text for job in person.jobs for text in (job.employer, job.title)]
    return [person.given_name, person.family_name, person.phone, person.specialist, person.wishes, *jobs]


def _stand_together(number: str, text: str, lines: Sequence[str]) -> bool:
    digits = [re.sub(r"[ \-.]", "", line) for line in lines]
    return any(
        number in bare and (text.lower() in line.lower() or text in bare)
        for line, bare in zip(lines, digits, strict=True)
    )


# How it is damaged.


def _damaged_text(chance: Random, rows: Rows, owners: dict[str, set[str]], numbers: tuple[str, ...]) -> Damaged:
    how, owners = _damage_table(chance, rows, owners, numbers) if chance.random() < 0.4 else ("", owners)
    dialect = formats.Dialect(
        chance.choice(formats.DELIMITERS),
        chance.choice(formats.ENCODINGS),
        chance.choice(formats.QUOTINGS),
        chance.choice(formats.LINE_ENDS),
    )
    content = formats.text(rows, dialect)
    kinds: dict[str, Callable[[Random, bytes, formats.Dialect], bytes]] = {
        "nothing": lambda _chance, whole, _dialect: whole,
        "bytes changed": _change_bytes,
        "mark put in": _put_in,
        "mark taken out": _take_out,
        "two marks put in": _put_in_two,
        "cut off": lambda chance, whole, _dialect: whole[: chance.randrange(len(whole))],
        "begun late": lambda chance, whole, _dialect: whole[chance.randrange(len(whole) // 3) :],
        "piece taken out": _take_out_a_piece,
        "piece twice": _repeat_a_piece,
    }
    kind = chance.choice(list(kinds) if not how else ["nothing", "mark put in", "two marks put in", "mark taken out"])
    for _time in range(chance.choice([1, 1, 2, 4])):
        if content:
            content = kinds[kind](chance, content, dialect)
    encoding = dialect.encoding if dialect.encoding != "utf-16" else "utf-16-le"
    return Damaged(content, f"text, {how or 'rows whole'}, {kind}", owners, numbers, encoding)


def _damage_table(
    chance: Random, rows: Rows, owners: dict[str, set[str]], numbers: tuple[str, ...]
) -> tuple[str, dict[str, set[str]]]:
    """Change rows and cells. A text that is moved to another's row is that one's too."""
    below = range(next(at for at, row in enumerate(rows) if len(row) > 1) + 1, len(rows))
    filled = [at for at in below if rows[at]]
    kind = chance.choice(["swap", "delete cell", "insert cell", "delete row", "repeat row", "merge rows", "empty cell"])
    at = chance.choice(filled)
    row = rows[at]
    place = chance.randrange(len(row))
    if kind == "swap":
        other = chance.choice(filled)
        row[place], rows[other][place] = rows[other][place], row[place]
        owners = _owners_by_row(rows, filled, owners, numbers)
    elif kind == "delete cell":
        del row[place]
    elif kind == "insert cell":
        row.insert(place, chance.choice(["", "x", None, "-", 0, "1.1.2026"]))
    elif kind == "delete row":
        del rows[at]
    elif kind == "repeat row":
        rows.insert(chance.choice(list(below)), list(row))
    elif kind == "merge rows":
        other = chance.choice(filled)
        row.extend(rows[other])
        owners = _owners_by_row(rows, filled, owners, numbers)
    else:
        row[place] = None
    return kind, owners


def _owners_by_row(
    rows: Rows, filled: Sequence[int], owners: dict[str, set[str]], numbers: tuple[str, ...]
) -> dict[str, set[str]]:
    owners = {text: set(those) for text, those in owners.items()}
    for at in filled:
        whole = "\n".join(str(cell) for cell in rows[at] if cell is not None)
        bare = re.sub(r"[ \-.]", "", whole)
        there = {number for number in numbers if number in bare}
        for text, those in owners.items():
            if text in whole or text in bare:
                those |= there
    return owners


def _change_bytes(chance: Random, content: bytes, _dialect: formats.Dialect) -> bytes:
    """Some bytes become others; no end of a line does, nor becomes one."""
    changed = bytearray(content)
    for _time in range(chance.choice([1, 1, 3, 20])):
        changed[chance.randrange(len(changed))] = chance.choice(
            [chance.randrange(256), 0, 0xFF, 0xC3, 0x22, 0x3B, 0x2C, 0x09, 0x20, 0x30]
        )
    return bytes(changed)


def _encoded(text: str, dialect: formats.Dialect) -> bytes:
    encoding = dialect.encoding if dialect.encoding != "utf-16" else "utf-16-le"
    return text.encode(encoding.removesuffix("-sig"))


def _put_in(chance: Random, content: bytes, dialect: formats.Dialect) -> bytes:
    """A quotation mark, a delimiter, the end of a line ... somewhere, half of the times just beside a delimiter."""
    mark = _encoded(
        chance.choice(['"', '"', '"', '""', dialect.delimiter, dialect.line_end, "'", "\\", ";", "\t", " "]),
        dialect,
    )
    at = chance.randrange(len(content))
    if chance.random() < 0.5 and (near := content.find(_encoded(dialect.delimiter, dialect), at)) >= 0:
        at = near + (len(_encoded(dialect.delimiter, dialect)) if chance.random() < 0.7 else 0)
    at -= at % len(_encoded("x", dialect))
    return content[:at] + mark + content[at:]


def _put_in_two(chance: Random, content: bytes, dialect: formats.Dialect) -> bytes:
    """A quotation mark at the beginning of a cell, and one at the end of a later cell."""
    mark, delimiter = _encoded('"', dialect), _encoded(dialect.delimiter, dialect)
    places = [match.start() for match in re.finditer(re.escape(delimiter), content)]
    if len(places) < 2:
        return content
    first = chance.randrange(len(places) - 1)
    last = min(first + chance.choice([1, 2, 5, 15, 30, 60]), len(places) - 1)
    start, end = places[first] + len(delimiter), places[last]
    return content[:start] + mark + content[start:end] + mark + content[end:]


def _take_out(chance: Random, content: bytes, dialect: formats.Dialect) -> bytes:
    """A quotation mark, a delimiter or the end of a line."""
    mark = _encoded(chance.choice(['"', '"', dialect.delimiter, dialect.line_end]), dialect)
    places = [match.start() for match in re.finditer(re.escape(mark), content)]
    if not places:
        return content
    at = chance.choice(places)
    return content[:at] + content[at + len(mark) :]


def _take_out_a_piece(chance: Random, content: bytes, _dialect: formats.Dialect) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.randrange(1, 60) :]


def _repeat_a_piece(chance: Random, content: bytes, _dialect: formats.Dialect) -> bytes:
    at = chance.randrange(len(content))
    end = at + chance.randrange(1, 200)
    return content[:end] + content[at:end] + content[end:]


def _damaged_workbook(chance: Random, rows: Rows, owners: dict[str, set[str]], numbers: tuple[str, ...]) -> Damaged:
    # A damaged .xls can make its reader take all memory: the program reads it in a process with a limit, this does not.
    kind = chance.choice(sorted(formats.WORKBOOKS.keys() - {"xls"}))
    damage = chance.choice(["rows", "rows", "packed", "cut off", "part", "part", "part missing"])
    how = ""
    if damage == "rows":
        how, owners = _damage_table(chance, rows, owners, numbers)
    content = formats.WORKBOOKS[kind](rows)
    moves_texts = False
    if damage == "packed":
        changed = bytearray(content)
        for _time in range(chance.choice([1, 3, 20])):
            changed[chance.randrange(4, len(changed))] = chance.randrange(256)
        content = bytes(changed)
    elif damage == "cut off":
        content = content[: chance.randrange(4, len(content))]
    elif damage in ("part", "part missing"):
        content, moves_texts = _damaged_part(chance, content, is_taken_out=damage == "part missing"), True
    return Damaged(content, f"{kind}, {how or damage}", owners, numbers, moves_texts=moves_texts)


def _damaged_part(chance: Random, content: bytes, *, is_taken_out: bool) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        names = before.namelist()
        damaged_name = chance.choice(names)
        for name in names:
            part = before.read(name)
            if name == damaged_name and is_taken_out:
                continue
            if name == damaged_name and part:
                part = _damaged_xml(chance, part)
            after.writestr(name, part)
    return out.getvalue()


def _damaged_xml(chance: Random, part: bytes) -> bytes:
    kind = chance.randrange(6)
    at = chance.randrange(len(part))
    if kind == 0:
        return part[:at]
    if kind == 1:
        return part[:at] + bytes([chance.randrange(256)]) + part[at + 1 :]
    if kind == 2:
        # Numbers that a part names others by.
        digits = [match.start() for match in re.finditer(rb"\d", part)] or [at]
        at = chance.choice(digits)
        return part[:at] + chance.choice([b"9", b"0", b"-1", b"99999999999", b"x", b"1e400", b"NaN"]) + part[at + 1 :]
    if kind == 3:
        tags = [match.span() for match in re.finditer(rb"<[^>]*>", part)] or [(at, at)]
        start, end = chance.choice(tags)
        return part[:start] + part[end:]
    if kind == 4:
        values = [match.span(1) for match in re.finditer(rb'="([^"]*)"', part)] or [(at, at)]
        start, end = chance.choice(values)
        return part[:start] + chance.choice([b"", b"-5", b"zzz", b"1048577", b"A0", b"true", b"\xc3\x28"]) + part[end:]
    end = at + chance.randrange(1, 500)
    return part[:end] + part[at:end] + part[end:]


def main() -> None:
    """Try for so long, and tell."""
    import django
    from django.conf import settings

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1_000_000, help="the number of the first damaged file")
    chosen = parser.parse_args()
    django.setup()
    # The people are made up.
    settings.PLASS_DEMO = True
    found = run(seconds=chosen.seconds, first=chosen.seed)
    assert found.faults is not None and found.by_kind is not None
    tell = sys.stdout.write
    tell(
        f"{found.tried:,} damaged files from number {chosen.seed:,} on: {found.refused:,} refused, {found.read:,} read,\n"
    )
    tell(f"{found.people:,} people in their plans. {len(found.faults)} faults.\n")
    for kind, count in found.by_kind.most_common():
        tell(f"  {count:>7,}  {kind}\n")
    for fault in found.faults[:50]:
        tell(f"! {fault}\n")
    raise SystemExit(1 if found.faults else 0)


if __name__ == "__main__":
    main()
