"""A part of the cells: the sums of one file (or of several small ones), before they are added to the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from plass.evaluation.data.cells import Floats, Ints

KEYS = ("office", "period", "first_treated", "covariate")


@dataclass(frozen=True)
class Key:
    """A grouping column of a part: its values as the file had them, and each cell's index among them (-1: missing)."""

    values: Sequence[Any]
    code: Ints


@dataclass(frozen=True)
class Part:
    """Keys by name (office, period, covariate0 ..., first_treated) and numbers by name, each with one entry a cell."""

    keys: Mapping[str, Key]
    numbers: Mapping[str, Floats]

    @classmethod
    def from_table(cls, table: Any) -> Part:
        """The part in a pyarrow table: columns named as keys, and columns of doubles."""
        keys, sums = {}, {}
        for name in table.column_names:
            if name.startswith(KEYS):
                keys[name] = encoded(table.column(name))
            else:
                sums[name] = numbers(table.column(name)).astype(np.float64, copy=False)
        return cls(keys, sums)

    def number(self, name: str) -> Floats:
        """A number of each cell; zeros where the part has none of that name (or only zeros), which take no memory."""
        values = self.numbers.get(name)
        return zeros(len(self.numbers["rows"])) if values is None or not values.any() else values

    def table(self) -> Any:
        """The part as a pyarrow table, for keeping."""
        import pyarrow as pa

        columns = {}
        for name, key in self.keys.items():
            index = pa.array(key.code, mask=key.code < 0)
            columns[name] = pa.array(list(key.values)).take(index) if len(key.values) else pa.nulls(len(key.code))
        return pa.table({**columns, **{name: pa.array(values) for name, values in self.numbers.items()}})


def zeros(size: int) -> Floats:
    """Zeros that take no memory."""
    return np.broadcast_to(np.float64(0.0), (size,))


def joined(parts: Sequence[Floats]) -> Floats:
    """Arrays one after the other; zeros stay without memory."""
    if all(part.strides == (0,) for part in parts):
        return zeros(sum(len(part) for part in parts))
    return np.concatenate(parts)


def taken(values: Floats, at: Any) -> Floats:
    """Some of the values, by index or mask; zeros stay without memory."""
    if values.strides == (0,):
        return zeros(int(at.sum()) if at.dtype == bool else len(at))
    return np.asarray(values[at])


def encoded(column: Any) -> Key:
    """A pyarrow column as a Key."""
    dictionary_array = column.combine_chunks().dictionary_encode()
    code = numbers(dictionary_array.indices.cast("int64").fill_null(-1))
    return Key(dictionary_array.dictionary.to_pylist(), code.astype(np.int64, copy=False))


def numbers(column: Any) -> Any:
    """A pyarrow column of numbers without holes as a numpy array (pyarrow's own way loads pandas first)."""
    whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    return np.from_dlpack(whole) if len(whole) else np.zeros(0)
