"""No template, no address and no message catalogue is left behind, and a name that is misspelt in a template fails."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "plass"


def templates() -> dict[str, Path]:
    """Every template by the name it is loaded with."""
    return {
        str(file.relative_to(folder)): file
        for folder in SOURCE.glob("*/templates")
        for file in sorted(folder.rglob("*.html"))
    }


def test_every_template_is_used():
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted(SOURCE.rglob("*.py")))
    known = templates()
    unused = []
    for name, file in known.items():
        others = "\n".join(other.read_text(encoding="utf-8") for other in known.values() if other != file)
        if name.startswith("cotton/"):
            tag = name.removeprefix("cotton/").removesuffix(".html").replace("_", "-").replace("/", ".")
            used = re.search(rf"<c-{re.escape(tag)}[\s/>]", others)
        else:
            used = f'"{name}"' in code or f'"{name}"' in others
        if not used:
            unused.append(name)
    assert unused == []


def test_every_template_that_is_named_is_there():
    known = set(templates())
    named = {
        name
        for file in [*SOURCE.rglob("*.py"), *templates().values()]
        for name in re.findall(r'"([a-z_]+/[a-z_/]+\.html)"', file.read_text(encoding="utf-8"))
    }
    # Django's own form templates are named by the renderer's defaults.
    missing = sorted(name for name in named - known if not name.startswith("django/"))
    assert missing == []
