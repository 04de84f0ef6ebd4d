"""The evaluation engine against others, side by side in one run.

    python -m benchmarks.evaluation                 # 1 and 10 million person-months
    python -m benchmarks.evaluation --huge          # 100 million too (needs some 700 MB of disk)

Every figure is measured in a process of its own, after its imports, from the Parquet files to the treatment's
coefficient and its CRV1 error: wall time (the best of three) and the process's peak memory. The files lie in the
system's cache, because they are read once before. One file a month, 48 months, 60 offices, 144 kinds of persons.
The *floor* is DuckDB adding up the same seven columns and doing nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

OFFICES, MONTHS, TREATED, START = 60, 48, 5, 24
KINDS = {"sex": 2, "age": 6, "education": 4, "group": 3}
COLUMNS = ("office", "month", *KINDS, "work")
#: pyfixest needs about 400 bytes a row; it is left out where the machine does not have them.
PYFIXEST_BYTES = 400
JOBS = ("floor", "ours", "polars", "pyfixest")


def make_data(rows: int, folder: Path) -> None:
    """Write one Parquet file a month, the same bytes for the same number of rows."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    each = rows // MONTHS
    for month in range(MONTHS):
        target = folder / f"{month:02d}.parquet"
        if target.exists():
            continue
        rng = np.random.default_rng([rows, month])
        office = rng.integers(0, OFFICES, each).astype(np.int16)
        kinds = {name: rng.integers(0, size, each).astype(np.int8) for name, size in KINDS.items()}
        chance = (
            0.25 + 0.001 * office + 0.002 * month + 0.02 * kinds["sex"] + 0.05 * ((office < TREATED) & (month >= START))
        )
        work = (rng.random(each) < chance).astype(np.int8)
        table = pa.table({"office": office, "month": np.full(each, month, dtype=np.int16), **kinds, "work": work})
        draft = target.with_suffix(".new")
        pq.write_table(table, draft)
        draft.rename(target)


def floor(folder: Path) -> list[float]:
    """Scan the columns."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "400MB"})
    sums = ", ".join(f'sum("{name}")' for name in COLUMNS)
    return [
        float(x) for x in connection.execute(f"SELECT {sums} FROM read_parquet('{folder}/*.parquet')").fetchall()[0]
    ]


def ours(folder: Path) -> list[float]:
    """Cells in one pass, then the exact regression."""
    import plass.evaluation as ev

    study = ev.Study(
        name="bench",
        data=ev.DataSource(("*.parquet",)),
        columns=ev.Columns("office", "month", covariates=tuple(KINDS)),
        treatment=ev.Treatment(tuple(str(office) for office in range(TREATED)), START),
        outcomes=(ev.Outcome("work", "work"),),
        folder=folder,
    )
    found = ev.did(ev.read_cells(study), "work", covariates=tuple(KINDS))
    return [found.value, found.crv1.standard_error]


def polars(folder: Path) -> list[float]:
    """Cells by polars' streaming engine, then our regression on them."""
    import numpy as np
    import polars as pl

    import plass.evaluation as ev

    keys = ["office", "month", *KINDS]
    grouped = (
        pl.scan_parquet(str(folder / "*.parquet"))
        .group_by(keys)
        .agg(pl.len().alias("n"), pl.col("work").cast(pl.Int64).sum().alias("wy"))
        .sort(keys)
        .collect(engine="streaming")
    )
    n, wy = (grouped[name].to_numpy().astype(float) for name in ("n", "wy"))
    cells = ev.Cells(
        tuple(str(office) for office in range(OFFICES)),
        tuple(str(month) for month in range(MONTHS)),
        grouped["office"].to_numpy().astype(np.int64),
        grouped["month"].to_numpy().astype(np.int64),
        {name: tuple(str(level) for level in range(size)) for name, size in KINDS.items()},
        {name: grouped[name].to_numpy().astype(np.int64) for name in KINDS},
        {"work": ev.Sums(n, n, wy, wy, n, wy, wy)},
        np.where(np.arange(OFFICES) < TREATED, START, ev.NEVER),
    )
    found = ev.did(cells, "work", covariates=tuple(KINDS))
    return [found.value, found.crv1.standard_error]


def pyfixest(folder: Path) -> list[float]:
    """The regression on the rows."""
    import pandas as pd
    import pyfixest as pf

    frame = pd.read_parquet(folder, columns=list(COLUMNS))
    frame["d"] = ((frame.office < TREATED) & (frame.month >= START)).astype(float)
    kinds = " + ".join(KINDS)
    fit = pf.feols(f"work ~ d | office + month + {kinds}", frame, vcov={"CRV1": "office"}, copy_data=False)
    return [float(fit.coef()["d"]), float(fit.se()["d"])]


def warm(name: str, folder: Path) -> None:
    """Import, and compile what compiles on first use, on a hundredth of the data."""
    if name == "ours":
        import duckdb
        import pyarrow.parquet  # noqa: F401

        import plass.evaluation.effects
        import plass.evaluation.intake
    if name == "polars":
        import polars  # noqa: F401

        import plass.evaluation.effects  # noqa: F401
    if name == "floor":
        import duckdb  # noqa: F401
    if name == "pyfixest":
        import pyfixest as pf

        small = pf.get_data(N=1000)
        pf.feols("Y ~ X1 | f1 + f2 + f3", small, vcov={"CRV1": "f1"})


def one_job(name: str, folder: Path) -> None:
    """Run one job in this process and print what it took as JSON."""
    warm(name, folder)
    started = time.perf_counter()
    figures = {"floor": floor, "ours": ours, "polars": polars, "pyfixest": pyfixest}[name](folder)
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "memory": memory, "figures": figures}) + "\n")


def measure(name: str, folder: Path, times: int) -> dict[str, Any]:
    """The best of several runs, each in a process of its own; the memory is the largest of them."""
    runs = []
    for _ in range(times):
        command = [sys.executable, "-m", "benchmarks.evaluation", "--job", name, "--folder", str(folder)]
        told = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(told.stdout.strip().splitlines()[-1]))
    best = min(runs, key=lambda run: run["seconds"])
    return {**best, "memory": max(run["memory"] for run in runs)}


def compare(sizes: list[int], folder: Path, times: int) -> list[dict[str, Any]]:
    """Measure every job at every size; one entry a size and job."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    found = []
    for rows in sizes:
        data = folder / str(rows)
        make_data(rows, data)
        floor(data)
        for name in JOBS:
            if name == "pyfixest" and rows * PYFIXEST_BYTES > memory:
                found.append({"rows": rows, "job": name, "left_out": f"needs {rows * PYFIXEST_BYTES / 1e9:.0f} GB"})
                continue
            repeat = 1 if name == "pyfixest" and rows > 2_000_000 else times
            found.append({"rows": rows, "job": name, **measure(name, data, repeat)})
            sys.stderr.write(f"measured {name} at {rows:,}\n")
    return found


def table(found: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table, with ratios to ours and to the floor."""
    lines = [
        "| person-months | what | seconds | peak memory | times the floor | ours is faster by | coefficient (CRV1) |",
        "| ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for one in found:
        same = {other["job"]: other for other in found if other["rows"] == one["rows"]}
        head = f"| {one['rows']:,} | {one['job']} "
        if "left_out" in one:
            lines.append(f"{head}| - | {one['left_out']} | - | - | - |")
            continue
        seconds = one["seconds"]
        shown = "" if one["job"] == "floor" else "{:.10f} ({:.10f})".format(*one["figures"])
        lines.append(
            f"{head}| {seconds:.2f} | {one['memory'] / 1e9:.2f} GB | {seconds / same['floor']['seconds']:.1f} "
            f"| {seconds / same['ours']['seconds']:.1f} | {shown} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison, or (for itself) one job of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--huge", action="store_true", help="100 million person-months too")
    parser.add_argument("--rows", type=float, nargs="+", help="other sizes")
    parser.add_argument("--times", type=int, default=3, help="runs of each (the best counts)")
    parser.add_argument("--folder", type=Path, help="where the made data are kept between runs")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.job:
        one_job(chosen.job, chosen.folder)
        return
    sizes = [int(rows) for rows in chosen.rows or ([1e6, 1e7, 1e8] if chosen.huge else [1e6, 1e7])]
    with tempfile.TemporaryDirectory(prefix="plass-bench-") as temporary:
        found = compare(sizes, chosen.folder or Path(temporary), chosen.times)
    sys.stdout.write(table(found) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
