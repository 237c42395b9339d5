"""The command line `locsens`: the same road as the Dagster UI, without it."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from assets.base.keys import SEEDS
from assets.base.settings import SettingsError, load_settings
from assets.base.step import STAGES

app = typer.Typer(
    help="Location sensitive image retrieval and tagging, from metadata to evaluation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 120)
errors = Console(stderr=True, highlight=False, emoji=False)

P = ParamSpec("P")
R = TypeVar("R")


def in_plain_words(command: Callable[P, R]) -> Callable[P, R]:
    """Show what a person can mend as one sentence instead of a stack trace; everything else keeps its trace."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        from assets.base.collection import CollectionError
        from assets.base.provenance import ProvenanceError
        from assets.base.scratch import OutputBusyError
        from assets.base.storage import StorageError
        from assets.base.takedowns import TakedownError
        from assets.base.word_vector_file import WordVectorError
        from assets.ingestion.errors import SourceError
        from assets.search.errors import SearchError
        from pipelines.lock import StorageBusyError
        from pipelines.planner import RefreshError

        mendable = (
            SettingsError, CollectionError, ProvenanceError, StorageError, StorageBusyError, SourceError,
            WordVectorError, RefreshError, SearchError, TakedownError, OutputBusyError,
        )  # fmt: skip
        try:
            return command(*args, **kwargs)
        except mendable as error:
            errors.print(f"[red]locsens:[/] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(2) from error

    return guarded


@app.command()
@in_plain_words
def materialize(
    to: Annotated[str, typer.Option(help=f"Last stage: {', '.join(STAGES)}.")] = STAGES[-1],
    refresh: Annotated[
        list[str] | None,
        typer.Option(help="Redo on purpose: vocabulary, models, an asset, or asset:partition. May be repeated."),
    ] = None,
    limit_rows: Annotated[
        int | None,
        typer.Option(
            min=0, help="Ingest only so many rows of each source file, for a first look; 0: all. As LOCSENS_LIMIT_ROWS."
        ),
    ] = None,
) -> None:
    """Find new source files and materialise all that is missing or outdated and not pinned."""
    from pipelines.session import materialize_all

    if to not in STAGES:
        raise SettingsError(f"--to {to}: unknown stage, expected one of {', '.join(STAGES)}")
    settings = load_settings() if limit_rows is None else load_settings(limit_rows=limit_rows)
    report = materialize_all(settings, console, to=to, refresh=refresh or [])
    if report.failed:
        raise typer.Exit(1)


@app.command()
@in_plain_words
def demo() -> None:
    """Materialise everything on the sample world and print the results."""
    from pipelines.session import materialize_all, print_results

    settings = load_settings(source="sample", profile="sample")
    report = materialize_all(settings, console)
    if report.failed:
        raise typer.Exit(1)
    print_results(settings, console)
    if report.nothing_to_do and not report.left:
        console.print("Everything is up to date: nothing was done.")


@app.command()
@in_plain_words
def study(
    seeds: Annotated[int, typer.Option(min=1, max=len(SEEDS), help="How many seeds; 1 for a first look.")] = len(SEEDS),
) -> None:
    """Train everything with several seeds, test the paper's claims and bring the report up to date."""
    from pipelines.session import materialize_all

    wanted = ["world_properties", *(f"study_runs:{seed}" for seed in SEEDS[:seeds])]
    report = materialize_all(load_settings(), console, request=wanted)
    if report.failed:
        raise typer.Exit(1)


@app.command()
@in_plain_words
def status() -> None:
    """Say what is there, what is missing or old, and why."""
    from pipelines.build import open_workspace
    from pipelines.session import tell_standing

    tell_standing(open_workspace(), console)


@app.command()
@in_plain_words
def forget(file: Annotated[str, typer.Argument(help="Key or URL of a source file.")]) -> None:
    """Remove a source file and everything made of its rows alone."""
    from pipelines.build import open_workspace
    from pipelines.home import open_instance
    from pipelines.lock import only_planner
    from pipelines.sources import forget_file

    workspace = open_workspace()
    with only_planner(workspace), open_instance(workspace.settings) as instance:
        shards = forget_file(file, workspace, instance)
    console.print(
        f"forgot {file} and its {len(shards)} shards; `locsens materialize` redoes what was made of them",
        markup=False,
        soft_wrap=True,
    )


@app.command()
@in_plain_words
def takedown(
    ids: Annotated[list[str] | None, typer.Argument(help="Photo ids, or ids as the source writes them.")] = None,
    file: Annotated[Path | None, typer.Option(help="A text file with one id a line.")] = None,
) -> None:
    """Remove photos from everything, and remember them; without ids, go on with what was interrupted."""
    from assets.takedown.find import read_ids
    from pipelines.session import tell_taken_down
    from pipelines.takedown import take_down

    wanted = read_ids(ids or [], file)
    tell_taken_down(len(wanted), *take_down(load_settings(), wanted), console)


Variant = Annotated[str | None, typer.Option(help="Key of a model, such as mcc; by default the report's.")]
Top = Annotated[int, typer.Option(help="How many answers.")]
Gallery = Annotated[Path | None, typer.Option(help="A page to write, with the pictures in it.", metavar="FILE.html")]


@app.command()
@in_plain_words
def search(
    hashtag: Annotated[str, typer.Argument(help="A hashtag of the vocabulary, with or without #.")],
    near: Annotated[
        str | None, typer.Option(help="Near which place; needed by variants that rank by it.", metavar="LAT,LON|CITY")
    ] = None,
    variant: Variant = None,
    top: Top = 10,
    gallery: Gallery = None,
) -> None:
    """Find photos for a hashtag near a place."""
    from pipelines import answers

    answers.search(load_settings(), console, hashtag, near=near, variant=variant, top=top, gallery=gallery)


@app.command()
@in_plain_words
def tag(
    photo: Annotated[Path, typer.Argument(help="An image file.", metavar="PHOTO.jpg")],
    at: Annotated[
        str | None, typer.Option(help="Where it was taken; needed by variants that rank by it.", metavar="LAT,LON|CITY")
    ] = None,
    variant: Variant = None,
    top: Top = 10,
    gallery: Gallery = None,
) -> None:
    """Find hashtags for a photo and the place where it was taken."""
    from pipelines import answers

    answers.tag(load_settings(), console, photo, at=at, variant=variant, top=top, gallery=gallery)


@app.command()
@in_plain_words
def doctor() -> None:
    """Check settings, storage, source, device and versions, and say in plain words what is wrong."""
    from pipelines.doctor import examine

    findings = examine(load_settings())
    for finding in findings:
        mark = "[green]ok[/]   " if finding.ok else "[red]wrong[/]"
        console.print(f"{mark} {finding.what}: {escape(finding.sentence)}", soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command()
@in_plain_words
def home() -> None:
    """Print this collection's DAGSTER_HOME, made if it is not there."""
    from pipelines.home import dagster_home

    sys.stdout.write(f"{dagster_home(load_settings())}{os.linesep}")


if __name__ == "__main__":
    app()
