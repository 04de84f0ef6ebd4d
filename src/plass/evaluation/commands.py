"""``plass evaluate``: from a study file to the report."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plass.evaluation.results import Results
    from plass.evaluation.study import Study
    from plass.evaluation.text import Language


class InLanguage(StrEnum):
    """The report's language."""

    NB = "nb"
    EN = "en"

    @property
    def plain(self) -> Language:
        """As the library wants it."""
        return "en" if self is InLanguage.EN else "nb"


def evaluate(
    study: Annotated[Path | None, typer.Argument(help="The study file (TOML).", show_default=False)] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the report. Default: beside the study, with -report after its name."),
    ] = None,
    language: Annotated[InLanguage, typer.Option("--language", help="Norwegian bokmål or English.")] = InLanguage.NB,
    example: Annotated[
        str | None,
        typer.Option(
            "--example", help="Instead of a study file: an example of made-up people, such as kjerneoppgaver."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Instead of the study's own seed.")] = None,
    draws: Annotated[
        int,
        typer.Option("--draws", min=99, help="Draws of the bootstraps where not every pattern can be gone through."),
    ] = 19_999,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Folder in which each data file's sums are kept, to read only new ones."),
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write the PDF beside the page.")] = True,
    spark: Annotated[
        str | None,
        typer.Option(
            "--spark",
            metavar="URL",
            help="Reduce the rows on this Spark cluster (spark://host:7077) instead of here; the figures are the same. "
            "Parquet files that the workers reach by the same path. Instead of the study file's [engine].",
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory", help="What DuckDB may hold before it uses the disk. Default: the study file's, else 400MB."
        ),
    ] = None,
) -> None:
    """Evaluate a study: twelve checks, a conclusion by stated rules, and a report. Needs no database.

    Writes report.html, report.pdf, results.json and the tables as files. The list of analyses is frozen, in a file
    beside the study, before any outcome is read. Exit code 1: the study or its data cannot be used, and the message
    says which column, which rows, and how to mend it.
    """
    if (study is None) == (example is None):
        raise typer.BadParameter("Name a study file, or --example NAME, and not both.")
    with _in_one_message():
        _evaluate(study, out, language, example, seed, draws, keep, pdf, spark, memory)


def _evaluate(
    file: Path | None,
    out: Path | None,
    language: InLanguage,
    example: str | None,
    seed: int | None,
    draws: int,
    keep: Path | None,
    pdf: bool,
    spark: str | None,
    memory: str | None,
) -> None:
    from plass.evaluation.data.intake import read_cells
    from plass.evaluation.data.spark import cluster
    from plass.evaluation.pipeline import CHECKS
    from plass.evaluation.pipeline import evaluate as run
    from plass.evaluation.report.folder import write_report
    from plass.evaluation.study import freeze
    from plass.evaluation.text import text

    if out is not None:
        # Before the work, not after it.
        out.mkdir(parents=True, exist_ok=True)
    plan, folder = _plan(file, out, example, language)
    if seed is not None:
        plan = dataclasses.replace(plan, seed=seed)
    overrides = {name: value for name, value in (("spark", spark), ("memory", memory)) if value is not None}
    plan = dataclasses.replace(plan, engine=dataclasses.replace(plan.engine, **overrides))
    record = (file or folder / "study.toml").with_suffix(".frozen.json")
    language_code = language.plain
    with _bars() as bar, cluster(plan.engine.spark) as session:
        reading = bar(text("step.reading").said(language_code), None)
        cells = read_cells(
            plan,
            frozen=freeze(plan, record),
            keep=keep,
            memory_limit=plan.engine.memory,
            spark=session,
            progress=lambda done, of, name: reading(done, of, name),
        )
        checking = bar(text("step.checking").said(language_code), len(CHECKS))
        results = run(
            plan,
            cells,
            draws=draws,
            made_up=example is not None,
            spark=session,
            progress=lambda step, done, of: checking(done, of, text(f"step.{step}").said(language_code)),
        )
        writing = bar(text("step.pictures").said(language_code), 4 if pdf else 3)
        checking(len(CHECKS), len(CHECKS), "")
        names = iter(range(5))
        write_report(
            results,
            folder,
            language=language_code,
            pdf=pdf,
            progress=lambda name: writing(next(names), 4 if pdf else 3, name),
        )
        writing(4, 4, "")
    _print_verdict(results, folder, language, pdf)


def _plan(file: Path | None, out: Path | None, example: str | None, language: InLanguage) -> tuple[Study, Path]:
    """The study, and the folder for its report."""
    from plass.evaluation.study_file import read_study

    if file is not None:
        return read_study(file), out or file.with_name(f"{file.stem}-report")
    from plass.evaluation.examples import example as made

    assert example is not None
    folder = out or Path(f"{example}-report")
    return made(example).write(folder / "data", language.plain), folder


def _print_verdict(results: Results, folder: Path, language: InLanguage, pdf: bool) -> None:
    language_code = language.plain
    verdict = results.verdict
    for line in (verdict.sentence, verdict.because, *verdict.cautions):
        typer.echo(line.said(language_code))
    typer.echo(str(folder / "report.html"))
    if pdf:
        typer.echo(str(folder / "report.pdf"))


@contextlib.contextmanager
def _in_one_message() -> Iterator[None]:
    """A person's mistake ends in one message and exit code 1, not in a traceback."""
    from plass.evaluation.errors import EvaluationError

    try:
        yield
    except (EvaluationError, OSError) as error:
        from rich.console import Console

        message = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
        Console(stderr=True).print(f"[bold red]Plass:[/] {_escaped(message)}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _escaped(message: str) -> str:
    """The message with its square brackets escaped, so that they are not read as markup."""
    from rich.markup import escape

    return escape(message)


@contextlib.contextmanager
def _bars() -> Iterator[Callable[[str, int | None], Callable[[int, int, str], None]]]:
    """Progress bars on standard error; gives a function that adds one and returns how to move it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def bar(description: str, total: int | None) -> Callable[[int, int, str], None]:
            task = progress.add_task(description, total=total, name="")

            def move(done: int, of: int, name: str) -> None:
                progress.update(task, completed=done, total=of, name=name)

            return move

        yield bar
