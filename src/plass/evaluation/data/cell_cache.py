"""Cells kept on disk, a part for each data file, so that a new month is added without reading the old ones.

A folder holds `manifest.json` and one small Parquet file a data file. A part is used again only while its data file has
the same size and time of change and the study asks for the same columns; anything else is read anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plass.evaluation.data.cell_part import Part
from plass.evaluation.errors import EvaluationError
from plass.evaluation.study import Study

#: Raised when the columns of a part change their meaning; parts of another version are read anew.
VERSION = 1


class CellCache:
    """The folder of kept parts for one study's columns."""

    def __init__(self, folder: Path, study: Study) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        request = {
            "version": VERSION,
            "columns": repr(study.columns),
            "first_treated": study.treatment.first_treated,
            "outcomes": [(outcome.column, outcome.kind) for outcome in study.outcomes],
            "exclude_duplicates": "duplicated_person_period" in study.data.exclude,
        }
        self.fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        self._file = folder / "manifest.json"
        self._parts: dict[str, dict[str, Any]] = {}
        if self._file.exists():
            try:
                manifest = json.loads(self._file.read_text(encoding="utf-8"))
                if manifest["asked"] == self.fingerprint:
                    self._parts = dict(manifest["parts"])
            except (ValueError, KeyError, TypeError):
                raise EvaluationError(
                    f"{self._file.name} in the folder of kept cells is damaged: remove the folder."
                ) from None

    def load(self, path: Path, origin: str) -> tuple[Part, int] | None:
        """The part of a data file with the file's rows, or None where it must be read."""
        import pyarrow.parquet as pq

        part = self._parts.get(origin)
        if part is None or part["state"] != _state(path):
            return None
        file = self.folder / part["file"]
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != part["sha256"]:
            return None
        return Part.from_table(pq.read_table(file)), int(part["rows"])

    def load_all(self, files: Sequence[tuple[Path, str]]) -> dict[str, tuple[Part, int]]:
        """The parts, with their files' rows, of the files that need not be read again."""
        loaded = {origin: self.load(path, origin) for path, origin in files}
        return {origin: part for origin, part in loaded.items() if part is not None}

    def save(self, path: Path, origin: str, part: Part, rows: int) -> None:
        """Keep a data file's part; the manifest is written after the part, so that an interruption costs one part."""
        import pyarrow.parquet as pq

        name = hashlib.sha256(origin.encode()).hexdigest()[:20] + ".parquet"
        pq.write_table(part.table(), self.folder / name)
        digest = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
        self._parts[origin] = {"file": name, "state": _state(path), "sha256": digest, "rows": rows}
        text = json.dumps(
            {"asked": self.fingerprint, "parts": self._parts}, indent=1, sort_keys=True, ensure_ascii=False
        )
        draft = self.folder / "manifest.json.new"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._file)


def _state(path: Path) -> str:
    stat = path.stat()
    return f"{stat.st_size}-{stat.st_mtime_ns}"
