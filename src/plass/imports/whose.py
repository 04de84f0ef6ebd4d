"""Whose phone, address or name the cells of a column are, by those of a column before it. Pure.

One phone beside each counsellor's name is the counsellor's; a phone for each row is the participants'. Where the cells do
not tell, whoever knows the list is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from . import values

#: Only rows that share a name with another row tell anything: at least so many, and so large a part of all.
_LEAST_ROWS = 4
_LEAST_PART = 0.5
#: So large a part of the rows that share a name must differ.
_NEARLY_ALL = 0.8
#: So large a part of the rows, or of the filled cells, must be so: a few that look like names make nobody of a column.
_MOSTLY = 0.6
#: A name, of a person or a place: a few words without figures, the first with a capital.
_NAME = re.compile(
    r"(?:Dr\.? )?[A-ZÆØÅÄÖ](?:[^\W\d_]|[.'’-])*(?:[ ,/]+(?:[^\W\d_]|[.'’-])+){0,3}(?: ?\([^()]{1,20}\))?"
)
_LONGEST_NAME = 40
_WHETHER = {"ja", "nei", "yes", "no", "j", "n", "x", "-", "ok", "ingen"}
_NO_NAMES = _WHETHER | {"ukjent", "mangler"}
#: Words for relatives and others who stand somebody near (a pattern), without endings.
RELATIVES = (
    r"(?:ste|svi?ger|ekte|forsørger|foster|beste)?(?:mor|far|bror|søster|søsken|kone|kona|mann|ektefelle|samboer|kjæreste|sønn|datter|"
    r"tante|onkel|foreldre|venn|venninne|verge|partner|mamma|pappa)"
)
_RELATIONS = re.compile(rf"{RELATIVES}\b.*", re.I)


class Whose(StrEnum):
    """Whose something is: the participant's, or that of somebody named in the column before it."""

    SOMEBODY = "somebody"
    PARTICIPANT = "participant"
    NOT_TOLD = ""


def told_by(names: Sequence[str], contacts: Sequence[str]) -> Whose:
    """Whose the contacts are, by whether rows with one name have one of them, or each row its own."""
    by_name: dict[str, list[str]] = {}
    for name, contact in zip(names, contacts, strict=True):
        if name and contact:
            by_name.setdefault(_alike(name), []).append(_alike(contact))
    shared = [of_one for of_one in by_name.values() if len(of_one) > 1]
    rows = sum(map(len, shared))
    if rows < _LEAST_ROWS or rows < _LEAST_PART * sum(map(len, by_name.values())):
        return Whose.NOT_TOLD
    if all(len(set(of_one)) == 1 for of_one in shared):
        return Whose.SOMEBODY
    different = sum(len(set(of_one)) for of_one in shared)
    return Whose.PARTICIPANT if different >= _NEARLY_ALL * rows else Whose.NOT_TOLD


def stand_beside_several(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether most names stand beside several of the others, as one specialist's do beside employers."""
    beside: dict[str, list[str]] = {}
    for name, other in zip(names, others, strict=True):
        if name and other:
            beside.setdefault(_alike(name), []).append(_alike(other))
    rows = sum(map(len, beside.values()))
    shared = sum(len(of_one) for of_one in beside.values() if len(set(of_one)) > 1)
    return shared >= _LEAST_ROWS and shared >= _MOSTLY * rows


def may_be_somebody(cells: Sequence[str]) -> bool:
    """Whether the cells may name people or places that have a phone of their own; where there are none to see, they may."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return not cells
    like = sum(_may_be_a_name(cell) for cell in filled)
    return like >= _MOSTLY * len(filled)


def is_empty(cells: Sequence[str]) -> bool:
    """Whether the cells are known, and there is nothing in them."""
    return bool(cells) and not any(cells)


def are_relatives(cells: Sequence[str]) -> bool:
    """Whether some of the cells say how somebody is related: many have a mother, each with a phone of her own."""
    filled = [cell for cell in cells if cell]
    return any(_RELATIONS.fullmatch(cell) is not None for cell in filled)


def says_whether(cells: Sequence[str]) -> bool:
    """Whether the cells say only whether there is somebody, or how many: "ja", "nei", "2"."""
    filled = [cell.lower() for cell in cells if cell]
    return bool(filled) and all(cell in _WHETHER or re.fullmatch(r"\d{1,2}", cell) for cell in filled)


def says_whether_it_goes_on(cells: Sequence[str]) -> bool:
    """Whether the cells of a column of days say no day, but only whether something has been, or goes on: "ja", "pågår"."""
    filled = [cell.lower() for cell in cells if cell]
    return bool(filled) and all(cell in _WHETHER | values.GOES_ON | values.HAS_ENDED for cell in filled)


def _may_be_a_name(cell: str) -> bool:
    if len(cell) > _LONGEST_NAME or cell.lower() in _NO_NAMES:
        return False
    return _NAME.fullmatch(cell) is not None or _RELATIONS.fullmatch(cell) is not None


def _alike(cell: str) -> str:
    return "".join(cell.casefold().split()).removeprefix("+47")
