"""The evaluation engine against others, side by side in one run, at 1, 10 and 100 million person-months.

    python -m benchmarks.evaluation                 # all three, and docs/evaluation/benchmark.md is written anew
    python -m benchmarks.evaluation --rows 1e6      # one size, only printed

Every figure is measured in a process of its own, after its imports, from the Parquet files to the treatment's
coefficient and its CRV1 error: seconds on the clock, seconds of processor time, and the process's peak memory. One file
a month, 48 months, 60 offices, 144 kinds of persons. The *floor* is DuckDB adding up the same seven columns and doing
nothing else. The jobs take turns, and ratios are formed within a turn, so that whatever else the machine does touches
both sides alike; medians over the turns are shown.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

OFFICES, MONTHS, TREATED, START = 60, 48, 5, 24
KINDS = {"sex": 2, "age": 6, "education": 4, "group": 3}
COLUMNS = ("office", "month", *KINDS, "work")
SIZES = (1_000_000, 10_000_000, 100_000_000)
#: pyfixest needs about 400 bytes a row; it is left out where the machine does not have them.
PYFIXEST_BYTES = 400
JOBS = ("floor", "ours", "polars", "pyfixest")
#: Other shapes of data, ours against a floor of the same columns, at this size: not all data are small whole numbers.
OTHER_SIZE = 10_000_000
OTHERS = {
    "names": ("office and group as texts", ("office_name", "month", "sex", "age", "education", "group_name", "work")),
    "weighted": ("weights, and hours beside any job", ("office", "month", *KINDS, "weight", "work", "hours")),
    "persons": ("with a search for repeated person-months", ("office", "month", *KINDS, "person", "work")),
}
DOCUMENT = Path(__file__).parent.parent / "docs" / "evaluation" / "benchmark.md"


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
        columns = {"office": office, "month": np.full(each, month, dtype=np.int16), **kinds, "work": work}
        if rows == OTHER_SIZE:
            names = pa.array([f"Office {number:02d}" for number in range(OFFICES)])
            groups = pa.array(["standard", "adapted", "specially adapted"])
            columns["office_name"] = names.take(pa.array(office))
            columns["group_name"] = groups.take(pa.array(kinds["group"]))
            columns["weight"] = rng.uniform(0.5, 2, each)
            columns["hours"] = np.where(work == 1, rng.normal(25, 8, each).round(1), 0.0)
            columns["person"] = rng.permutation(each).astype(np.int32)
        draft = target.with_suffix(".new")
        pq.write_table(pa.table(columns), draft)
        draft.rename(target)


def floor(folder: Path, columns: tuple[str, ...] = COLUMNS) -> list[float]:
    """Scan the columns."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": "400MB"})
    sums = ", ".join(f'max("{name}")' if name.endswith("_name") else f'sum("{name}")' for name in columns)
    connection.execute(f"SELECT {sums} FROM read_parquet('{folder}/*.parquet')").fetchall()
    return []


def ours(folder: Path, other: str | None = None) -> list[float]:
    """Cells in one pass, then the exact regression."""
    import plass.evaluation as ev

    texts = other == "names"
    kinds = (*list(KINDS)[:3], "group_name" if texts else "group")
    outcomes = [ev.Outcome("work", "work")]
    if other == "weighted":
        outcomes.append(ev.Outcome("hours", "hours", "continuous"))
    columns = ev.Columns(
        "office_name" if texts else "office",
        "month",
        person="person" if other == "persons" else None,
        weight="weight" if other == "weighted" else None,
        covariates=kinds,
    )
    treated = tuple(f"Office {number:02d}" if texts else str(number) for number in range(TREATED))
    study = ev.Study(
        name="bench",
        data=ev.DataSource(("*.parquet",)),
        columns=columns,
        treatment=ev.Treatment(treated, START),
        outcomes=tuple(outcomes),
        folder=folder,
    )
    found = ev.did(ev.read_cells(study), "work", covariates=kinds)
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


def warm(name: str) -> None:
    """Import, and compile what compiles on first use."""
    if name.startswith("ours"):
        import duckdb
        import pyarrow.parquet  # noqa: F401

        import plass.evaluation.data.intake
        import plass.evaluation.estimators.effects
    if name == "polars":
        import polars  # noqa: F401

        import plass.evaluation.estimators.effects  # noqa: F401
    if name.startswith("floor"):
        import duckdb  # noqa: F401
    if name == "pyfixest":
        import pyfixest as pf

        small = pf.get_data(N=1000)
        pf.feols("Y ~ X1 | f1 + f2 + f3", small, vcov={"CRV1": "f1"})


def one_job(name: str, folder: Path) -> None:
    """Run one job in this process and print what it took as JSON."""
    job, _, other = name.partition(":")
    warm(job)
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    if job == "floor":
        figures = floor(folder, OTHERS[other][1] if other else COLUMNS)
    elif job == "ours":
        figures = ours(folder, other or None)
    else:
        figures = {"polars": polars, "pyfixest": pyfixest}[job](folder)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = {"seconds": seconds, "processor": processor, "memory": peak_memory(), "figures": figures}
    sys.stdout.write(json.dumps(told) + "\n")


def peak_memory() -> int:
    """Bytes this process held at most; Linux' own count starts anew with the program, unlike getrusage's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One run of a job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.evaluation", "--job", name, "--folder", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout.strip().splitlines()[-1]))


def compare(sizes: list[int], folder: Path, times: int) -> list[dict[str, Any]]:
    """Measure every job at every size, turn by turn; one entry a size and job."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    found = []
    for rows in sizes:
        data = folder / str(rows)
        command = [sys.executable, "-m", "benchmarks.evaluation", "--make", str(rows), "--folder", str(data)]
        subprocess.run(command, check=True)
        fits = rows * PYFIXEST_BYTES < memory
        jobs = [name for name in JOBS if name != "pyfixest" or fits]
        if rows == OTHER_SIZE:
            jobs += [f"{job}:{other}" for other in OTHERS for job in ("floor", "ours")]
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
        measure("floor", data)
        for turn in range(times):
            for name in jobs:
                runs[name].append(measure(name, data))
                sys.stderr.write(f"turn {turn + 1} of {times}: {name} at {rows:,}\n")
        found += [summary(rows, name, runs) for name in jobs]
        if not fits:
            found.append({"rows": rows, "job": "pyfixest", "left_out": f"needs {rows * PYFIXEST_BYTES / 1e9:.0f} GB"})
    return found


def summary(rows: int, name: str, runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians of a job's runs, and of its ratios to the floor and to ours in the same turn."""
    mine = runs[name]
    other = f":{name.partition(':')[2]}" if ":" in name else ""

    def middle(key: str) -> float:
        return statistics.median(run[key] for run in mine)

    def against(base: str, key: str) -> float:
        return statistics.median(run[key] / same[key] for run, same in zip(mine, runs[base + other], strict=True))

    return {
        "rows": rows,
        "job": name,
        "seconds": middle("seconds"),
        "processor": middle("processor"),
        "memory": max(run["memory"] for run in mine),
        "figures": mine[0]["figures"],
        "to_floor": against("floor", "seconds"),
        "to_floor_processor": against("floor", "processor"),
        "to_ours": against("ours", "seconds"),
        "to_ours_processor": against("ours", "processor"),
    }


def table(found: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table, with ratios to ours and to the floor."""
    lines = [
        "| person-months | what | seconds | processor seconds | peak memory | times the floor (processor) "
        "| times ours (processor) | coefficient (CRV1) |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for one in found:
        head = f"| {one['rows']:,} | {label(one['job'])} "
        if "left_out" in one:
            lines.append(f"{head}| - | - | {one['left_out']} | - | - | - |")
            continue
        shown = "{:.10f} ({:.10f})".format(*one["figures"]) if one["figures"] else ""
        lines.append(
            f"{head}| {one['seconds']:.2f} | {one['processor']:.2f} | {one['memory'] / 1e9:.2f} GB "
            f"| {one['to_floor']:.1f} ({one['to_floor_processor']:.1f}) "
            f"| {one['to_ours']:.1f} ({one['to_ours_processor']:.1f}) | {shown} |"
        )
    return "\n".join(lines)


def label(job: str) -> str:
    """A job's name as a person reads it."""
    name, _, other = job.partition(":")
    return f"{name}, {OTHERS[other][0]}" if other else name


def verdicts(found: list[dict[str, Any]]) -> list[str]:
    """Each target beside what was measured, reached or not."""
    at = {(one["rows"], one["job"]): one for one in found if "left_out" not in one}
    lines = []

    def line(said: str, value: float, unit: str, reached: bool) -> None:
        lines.append(f"| {said} | {value:.2f}{unit} | {'reached' if reached else 'not reached'} |")

    if (10_000_000, "pyfixest") in at:
        one = at[10_000_000, "pyfixest"]
        for key, how in (("to_ours", "clock"), ("to_ours_processor", "processor")):
            line(f"at least 20 times pyfixest at 10 million ({how})", one[key], " times", one[key] >= 20)
    if (100_000_000, "ours") in at:
        one = at[100_000_000, "ours"]
        for key, how in (("to_floor", "clock"), ("to_floor_processor", "processor")):
            line(f"at most 2 times the floor at 100 million ({how})", one[key], " times", one[key] <= 2)
        line("at most 0.5 GB at 100 million", one["memory"] / 1e9, " GB", one["memory"] <= 0.5e9)
    return ["| target | measured | |", "| --- | ---: | --- |", *lines] if lines else []


def document(found: list[dict[str, Any]], times: int, busy: tuple[float, float]) -> str:
    """The page docs/evaluation/benchmark.md."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("duckdb", "polars", "pyfixest"))
    main_part = [one for one in found if ":" not in one["job"]]
    others = [one for one in found if ":" in one["job"]]
    about = " ".join((__doc__ or "").split("\n\n")[2].split())
    return "\n".join(
        [
            "# The evaluation engine beside others",
            "",
            "Written by `python -m benchmarks.evaluation` (part of `make bench`); not to be edited by hand.",
            "",
            about,
            "",
            f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory / 2**30:.0f} GB, Python "
            f"{platform.python_version()}, {versions}; {times} turns. The machine was shared: its load (processes that "
            f"want a core) was {busy[0]:.1f} at the start and {busy[1]:.1f} at the end, so that seconds on the clock say "
            "little, ratios of them more, and processor seconds most.",
            "",
            *verdicts(found),
            "",
            table(main_part),
            "",
            "## Other shapes of data",
            "",
            "Small whole numbers, as registers have them, are counted fastest. Ours on others, each beside a floor that "
            "scans the same columns (of texts the largest is sought):",
            "",
            table(others),
            "",
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison, or (for itself) one job of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=float, nargs="+", help="other sizes; the page is then not written")
    parser.add_argument("--times", type=int, default=5, help="turns")
    parser.add_argument("--folder", type=Path, help="where the made data are kept between runs")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.make:
        make_data(chosen.make, chosen.folder)
        return
    if chosen.job:
        one_job(chosen.job, chosen.folder)
        return
    sizes = [int(rows) for rows in chosen.rows or SIZES]
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="plass-bench-") as temporary:
        found = compare(sizes, chosen.folder or Path(temporary), chosen.times)
    sys.stdout.write("\n".join([table(found), "", *verdicts(found)]) + "\n")
    if not chosen.rows:
        DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
        DOCUMENT.write_text(document(found, chosen.times, (before, os.getloadavg()[0])), encoding="utf-8")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
