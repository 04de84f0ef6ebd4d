"""Templates read like pages: short lines, and each file closes what it opens."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "plass"
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))
LONGEST = 140
#: A drawing or a text of one piece cannot be broken.
UNBREAKABLE = re.compile(r'\sd="[^"]{60,}"|{% (?:blocktranslate|translate) .{110,}')
VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "path",
        "circle",
        "rect",
        "line",
        "use",
        "stop",
    ]
)
COMMENT_OR_TAG = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->|{%.*?%}|{{.*?}}", re.S)
ELEMENT = re.compile(r"<(/?)([a-zA-Z][\w.-]*)((?:\"[^\"]*\"|'[^']*'|[^>\"'])*?)(/?)>", re.S)


def named(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def test_there_are_templates():
    assert len(TEMPLATES) > 150


def test_no_line_is_too_long():
    assert [
        f"{named(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LONGEST and not UNBREAKABLE.search(line)
    ] == []


def branches(text: str) -> list[str]:
    """The template with the first branch of every condition, and with the last."""
    token = re.compile(r"{%\s*(if|elif|else|endif)\b.*?%}", re.S)
    shown = []
    for branch_to_show in (0, -1):
        parts, stack, position = [], [], 0
        counts = count_branches(text, token)
        openings = iter(counts)
        for match in [*token.finditer(text), None]:
            end = match.start() if match else len(text)
            if all(branch == (branch_to_show if branch_to_show == 0 else number - 1) for branch, number in stack):
                parts.append(text[position:end])
            if match is None:
                break
            position = match.end()
            word = match.group(1)
            if word == "if":
                stack.append((0, next(openings)))
            elif word == "endif":
                stack.pop()
            else:
                branch, number = stack.pop()
                stack.append((branch + 1, number))
        shown.append("".join(parts))
    return shown


def count_branches(text: str, token: re.Pattern[str]) -> list[int]:
    """How many branches each condition has, in the order in which they begin; without an else one more, which is empty."""
    counts: list[int] = []
    stack: list[tuple[int, bool]] = []
    for match in token.finditer(text):
        word = match.group(1)
        if word == "if":
            counts.append(1)
            stack.append((len(counts) - 1, False))
        elif word == "endif":
            number, has_else = stack.pop()
            counts[number] += 0 if has_else else 1
        else:
            number, has_else = stack.pop()
            counts[number] += 1
            stack.append((number, has_else or word == "else"))
    return counts


def unclosed(text: str) -> list[str]:
    """Elements that are opened and not closed, or closed and not opened, in the order of the text."""
    bare = COMMENT_OR_TAG.sub("", text)
    left: list[str] = []
    for slash, name, _attributes, itself in ELEMENT.findall(bare):
        if name in VOID or itself:
            continue
        if not slash:
            left.append(name)
        elif left and left[-1] == name:
            left.pop()
        else:
            return [*left, f"/{name}"]
    return left


def test_each_file_closes_what_it_opens():
    left_open = {
        named(path): elements
        for path in TEMPLATES
        for shown in branches(path.read_text(encoding="utf-8"))
        if (elements := unclosed(shown))
    }
    assert left_open == {}


def test_what_is_left_open_is_found():
    assert unclosed("<ul><li>{{ row }}</li>") == ["ul"]
    assert unclosed("</li><li>") == ["/li"]
    assert branches("a{% if x %}b{% elif y %}c{% else %}d{% endif %}e") == ["abe", "ade"]
    assert branches("a{% if x %}b{% if y %}c{% endif %}{% endif %}e") == ["abce", "ae"]
