"""Each office's share of the normal equations, from cells.

The model is always: outcome = office effect + period effect + covariates' effects + the terms asked for, weighted by
the rows. A *term* is a number for each office and period (treatment, an event-time dummy, one office's treatment),
so everything needed is a handful of cross tables by office. Office effects are taken out by subtracting office means,
which is exact office by office. Nothing of the size of the cells times the coefficients is ever formed.

All sums run in the cells' fixed order (np.bincount, np.einsum without BLAS), so the moments are the same bits whatever
the number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from plass.evaluation.data.cells import Cells, Floats, Ints, Sums
from plass.evaluation.errors import EvaluationError
from plass.evaluation.study import Weighting, _nearest

#: A column is dropped when this share or less of it is left once the columns before it are taken out.
COLLINEAR = 1e-10


@dataclass(frozen=True)
class Block:
    """Dummies of one classification: a code for each cell, and a name for each code. The first code is the base."""

    names: tuple[str, ...]
    code: Ints


@dataclass(frozen=True)
class Layout:
    """The columns of one model on one outcome's cells: classifications first, then the terms.

    office, period: index for each used cell; shape: (offices, periods); terms: name to an array of that shape.
    """

    office: Ints
    period: Ints
    shape: tuple[int, int]
    blocks: tuple[Block, ...]
    terms: Mapping[str, Floats]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column's name, dummies without their base, terms last."""
        return tuple(name for block in self.blocks for name in block.names[1:]) + tuple(self.terms)

    def gram(self, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """For each office the weighted X'X (offices, k, k), sums of X (offices, k) and sum of weights (offices,).

        weight: a number for each cell. Columns as in `names`; office means are not taken out here.
        """
        g, t = self.shape
        k = len(self.names)
        xx = np.zeros((g, k, k))
        by_period = self._table(weight, ((self.period, t),))
        starts = self._starts()
        for i, block in enumerate(self.blocks):
            for j in range(i, len(self.blocks)):
                other = self.blocks[j]
                pair = ((block.code, len(block.names)), (other.code, len(other.names)))
                if i == j:
                    diagonal = self._table(weight, pair[:1])[:, 1:]
                    at = np.arange(starts[i], starts[i + 1])
                    xx[:, at, at] = diagonal
                else:
                    table = self._table(weight, pair)[:, 1:, 1:]
                    xx[:, starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = table
                    xx[:, starts[j] : starts[j + 1], starts[i] : starts[i + 1]] = table.transpose(0, 2, 1)
        if self.terms:
            values = np.stack(list(self.terms.values()), axis=1)
            first = starts[-1]
            xx[:, first:, first:] = np.einsum("gjt,gkt,gt->gjk", values, values, by_period)
            for i, block in enumerate(self.blocks):
                table = self._table(weight, ((block.code, len(block.names)), (self.period, t)))[:, 1:]
                cross = np.einsum("gat,gjt->gaj", table, values)
                xx[:, starts[i] : starts[i + 1], first:] = cross
                xx[:, first:, starts[i] : starts[i + 1]] = cross.transpose(0, 2, 1)
        return xx, self.totals(weight), by_period.sum(axis=1)

    def totals(self, value: Floats) -> Floats:
        """For each office the sum of value times each column, shape (offices, k). value: a number for each cell."""
        parts = [self._table(value, ((block.code, len(block.names)),))[:, 1:] for block in self.blocks]
        if self.terms:
            by_period = self._table(value, ((self.period, self.shape[1]),))
            values = np.stack(list(self.terms.values()), axis=1)
            parts.append(np.einsum("gjt,gt->gj", values, by_period))
        return np.concatenate(parts, axis=1) if parts else np.zeros((self.shape[0], 0))

    def totals_by_period(self, value: Floats) -> tuple[Floats, Floats]:
        """For each office and period the sum of value times each column, (offices, periods, k), and of value."""
        t = self.shape[1]
        alone = self._table(value, ((self.period, t),))
        parts = [self._table(value, ((self.period, t), (b.code, len(b.names))))[:, :, 1:] for b in self.blocks]
        if self.terms:
            parts.append(np.stack(list(self.terms.values()), axis=2) * alone[:, :, None])
        return np.concatenate(parts, axis=2), alone

    def fitted(self, coefficient: Floats) -> Floats:
        """X times the coefficients (in the order of `names`) for each cell, without the office effects."""
        out = np.zeros(len(self.office))
        starts = self._starts()
        for i, block in enumerate(self.blocks):
            out += np.concatenate([[0.0], coefficient[starts[i] : starts[i + 1]]])[block.code]
        for beta, value in zip(coefficient[starts[-1] :], self.terms.values(), strict=True):
            out += beta * value[self.office, self.period]
        return out

    def _starts(self) -> list[int]:
        starts = [0]
        for block in self.blocks:
            starts.append(starts[-1] + len(block.names) - 1)
        return starts

    def _table(self, value: Floats, by: Sequence[tuple[Ints, int]]) -> Floats:
        at, shape = self.office, [self.shape[0]]
        for code, size in by:
            at = at * size + code
            shape.append(size)
        return np.asarray(np.bincount(at, weights=value, minlength=int(np.prod(shape))), dtype=float).reshape(shape)


@dataclass(frozen=True)
class Moments:
    """The normal equations by office, office effects taken out and collinear columns dropped.

    names: the columns kept, nuisance first; terms: the kept terms; dropped: columns that follow from the others.
    xx: (offices, k, k); xy: (offices, k); mean: office means of X, (offices, k); kept: positions in layout.names.
    offices: labels of the clusters that have rows; rows: how many rows; weight: (offices,) sum of weights.
    """

    names: tuple[str, ...]
    terms: tuple[str, ...]
    dropped: tuple[str, ...]
    offices: tuple[str, ...]
    xx: Floats
    xy: Floats
    mean: Floats
    weight: Floats
    rows: int
    kept: Ints
    layout: Layout
    sums: Sums

    @property
    def total(self) -> Floats:
        """X'X over all offices, shape (k, k)."""
        return np.asarray(self.xx.sum(axis=0))

    @property
    def parameters(self) -> int:
        """Parameters in fixest's count for clustered errors: the columns, and the office effects as one."""
        return len(self.names) + 1


def moments(
    cells: Cells,
    outcome: str,
    terms: Mapping[str, npt.ArrayLike],
    *,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    periods: npt.ArrayLike | None = None,
) -> Moments:
    """The normal equations of outcome on office effects, period effects, covariates and terms.

    terms: name to an array (offices, periods); covariates: names among cells.levels, one effect for each level;
    periods: a code for each period where effects are wanted for groups of periods (such as before and after) instead
    of every period. Raises EvaluationError for an unknown name or a term of the wrong shape.
    """
    sums = cells.weighted(outcome, weighting)
    used = sums.w > 0
    offices, office = np.unique(cells.office[used], return_inverse=True)
    shape = (len(offices), len(cells.periods))
    period = cells.period[used]
    code = np.arange(shape[1]) if periods is None else np.asarray(periods, dtype=np.int64)
    blocks = [_block("period", period if periods is None else code[period], cells.periods if periods is None else ())]
    for name in covariates:
        if name not in cells.levels:
            raise EvaluationError(f"The cells have no covariate {name!r}{_nearest(name, list(cells.levels))}.")
        blocks.append(_block(name, cells.codes[name][used], cells.levels[name]))
    tables = {}
    for name, value in terms.items():
        table = np.asarray(value, dtype=np.float64)
        if table.shape != (len(cells.offices), len(cells.periods)):
            raise EvaluationError(
                f"The term {name!r} has the shape {table.shape}; it needs one number for each office and period, "
                f"{(len(cells.offices), len(cells.periods))}."
            )
        tables[name] = table[offices]
    layout = Layout(office.astype(np.int64), period, shape, tuple(blocks), tables)
    return _moments(layout, sums.take(used), tuple(cells.offices[i] for i in offices))


def _block(name: str, code: Ints, labels: Sequence[str]) -> Block:
    present, renumbered = np.unique(code, return_inverse=True)
    names = tuple(f"{name}={labels[i] if len(labels) else i}" for i in present)
    return Block(names, renumbered.astype(np.int64))


def _moments(layout: Layout, sums: Sums, offices: tuple[str, ...]) -> Moments:
    xx, x, weight = layout.gram(sums.w)
    y = np.bincount(layout.office, weights=sums.wy, minlength=layout.shape[0])
    mean = x / weight[:, None]
    raw = np.einsum("gkk->k", xx).copy()
    xx = xx - x[:, :, None] * mean[:, None, :]
    xy = layout.totals(sums.wy) - mean * y[:, None]
    independent = _independent(np.asarray(xx.sum(axis=0)), raw)
    names = layout.names
    return Moments(
        names=tuple(names[i] for i in independent),
        terms=tuple(names[i] for i in independent if names[i] in layout.terms),
        dropped=tuple(name for i, name in enumerate(names) if i not in set(independent.tolist())),
        offices=offices,
        xx=np.ascontiguousarray(xx[:, independent][:, :, independent]),
        xy=np.ascontiguousarray(xy[:, independent]),
        mean=np.ascontiguousarray(mean[:, independent]),
        weight=weight,
        rows=int(sums.n.sum()),
        kept=independent,
        layout=layout,
        sums=sums,
    )


def _independent(total: Floats, raw: Floats) -> Ints:
    """The columns, in order, of which something is left once the columns before are taken out (Cholesky by columns).

    raw: the diagonal before office means were taken out, so that a column that is constant within offices goes too.
    """
    left = total.copy()
    columns = []
    for j in range(len(raw)):
        pivot = left[j, j]
        if raw[j] <= 0 or pivot <= COLLINEAR * raw[j]:
            continue
        columns.append(j)
        row = left[j] / np.sqrt(pivot)
        left -= row[:, None] * row[None, :]
    return np.array(columns, dtype=np.int64)
