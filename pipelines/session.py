"""One session of the command line: open the collection, run the planner, show what came of it."""

import logging
import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext

import polars as pl
import pyarrow as pa
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.base.keys import MODELS
from assets.base.rounding import two_digits
from assets.base.sentences import shorten
from assets.base.settings import Settings
from assets.base.urls import public_source
from assets.base.workspace import Workspace
from assets.ingestion.discovery import Discovery, discover, ingested_in_part, look
from assets.ingestion.sources import parse_source
from assets.takedown.find import LEARNT, Found
from assets.takedown.remove import Removed
from pipelines.build import build_defs, open_workspace
from pipelines.home import dagster_home, home_of, open_instance
from pipelines.lock import only_planner
from pipelines.planner import Report, materialize, parse_refresh, survey, to_retry
from pipelines.runs import InstanceRunner, clear_killed_runs, why_failed
from pipelines.sources import follow_storage


def materialize_all(
    settings: Settings,
    console: Console,
    *,
    to: str = "catalog",
    refresh: Collection[str] = (),
    request: Collection[str] = (),
) -> Report:
    """Find new source files, then make everything that is missing or outdated.

    Args:
        settings: Where things are.
        console: Where to tell what happens.
        to: Last stage.
        refresh: What to redo on purpose, as `--refresh` takes it.
        request: What to make of that which is made only on request, in the same form.

    Raises:
        StorageBusyError: Another planner is at work on the storage.
    """
    started = time.monotonic()
    logging.getLogger("dagster").setLevel(logging.ERROR)  # the console tells the story, the instance keeps the events
    workspace = open_workspace(settings)
    wanted, asked = parse_refresh(refresh, workspace), parse_refresh(request, workspace)
    with only_planner(workspace), open_instance(settings) as instance:
        for run_id in clear_killed_runs(instance):
            console.print(f"run {run_id[:8]} had been killed; reported as cancelled")
        source, profile = public_source(settings.source), workspace.profile.name
        limit = f", at most {settings.limit_rows:,} rows of each source file" if settings.limit_rows else ""
        console.print(
            f"source {source} → storage {workspace.storage.shown}, profile {profile}{limit}",
            markup=False,
            soft_wrap=True,
        )
        _tell_vanished(discover(workspace), console)
        follow_storage(workspace, instance)

        def tell(line: str) -> None:
            console.print(f"[dim]{time.monotonic() - started:6.0f} s[/]  {escape(line)}", soft_wrap=True)

        runner = InstanceRunner(build_defs(workspace), instance)
        report = materialize(workspace, runner, to=to, refresh=wanted, request=asked, tell=tell)
    _tell_report(report, console, time.monotonic() - started)
    _tell_retryable(workspace, console)
    return report


def tell_standing(workspace: Workspace, console: Console) -> None:
    """Tell how everything stands, and why the last run of what is to be done failed, if it did; make nothing.

    Raises:
        SourceError: The source is unreachable or empty.
        CollectionError: The storage holds another collection.
    """
    report = survey(workspace)
    shown = workspace.storage.shown
    console.print(f"storage {shown}: {report.fresh} outputs up to date", markup=False, soft_wrap=True)
    if workspace.collection().files or not parse_source(workspace.settings.source).is_sample:
        found = look(workspace)  # an empty storage is no reason to draw the sample world
        for key in found.new:
            console.print(f"[cyan]new[/] source file {key}; `locsens materialize` ingests it", soft_wrap=True)
        _tell_vanished(found, console)
    for key, limit in ingested_in_part(workspace).items():
        console.print(
            f"[yellow]in part[/] source file {key}: ingested up to a limit of {limit:,} rows; `locsens materialize` "
            "without a limit ingests what follows them",
            soft_wrap=True,
        )
    for asset in MODELS:
        for partition, record in workspace.ledger.records(asset).items():
            if LEARNT in record.facts:
                line = _learnt(asset, str(partition), len(record.facts[LEARNT]))
                console.print(f"[yellow]trained on photos taken down since[/] {line}", soft_wrap=True)
    _tell_to_do(report.made, workspace, console)
    if report.on_request:
        console.print(f"[dim]only on request (`locsens study`)[/] {shorten(report.on_request, 12)}", soft_wrap=True)
    _tell_left(report, console)
    _tell_retryable(workspace, console)


def _tell_to_do(outputs: Sequence[str], workspace: Workspace, console: Console) -> None:
    # Runs are known where they ran: on another machine, and before the first one, there is no instance that knows.
    has_run = home_of(workspace.settings).exists()
    with open_instance(workspace.settings) if outputs and has_run else nullcontext() as instance:
        for output in outputs:
            asset, _, partition = output.partition(":")
            step = workspace.steps.maker(asset)
            why = why_failed(instance, step, partition or None) if instance is not None else ""
            failed = f"; its last run failed: {escape(why)}" if why else ""
            console.print(f"[cyan]to do[/] {output}{failed}", soft_wrap=True)


def _tell_retryable(workspace: Workspace, console: Console) -> None:
    rows = to_retry(workspace)
    if rows:
        console.print(
            f"[yellow]{sum(rows.values())} images in {len(rows)} shards failed for a reason that may pass[/]; "
            "`locsens materialize --refresh images` asks for them again",
            soft_wrap=True,
        )


def tell_taken_down(asked: int, found: Found, removed: Removed, console: Console) -> None:
    """Tell what was removed, what still stands and what a person may do about it.

    Args:
        asked: How many ids were given.
        found: The photos.
        removed: What was removed of them.
        console: Where to tell it.
    """
    tables = sum(1 for rows in removed.rows.values() if rows)
    if asked:
        absent = f"; not in it, and remembered all the same: {shorten(found.unknown, 12)}" if found.unknown else ""
        known = f"{asked - len(found.unknown)} of {asked} photos were in the collection{escape(absent)}"
        console.print(known, soft_wrap=True)
    console.print(
        f"{sum(removed.rows.values()):,} rows removed from {tables} tables; no later run brings the photos back",
        soft_wrap=True,
    )
    if removed.report:
        console.print("the report may have shown them and is removed", soft_wrap=True)
    if removed.local:
        console.print("what stopped seeds of the study had done is removed, too: they begin anew", soft_wrap=True)
    if removed.rows:
        console.print("`locsens materialize` makes anew what counts photos: results, report, catalog", soft_wrap=True)
    for (asset, key), hashes in sorted(found.learnt.items()):
        console.print(f"[yellow]trained on them[/] {_learnt(asset, key, len(hashes))}", soft_wrap=True)


def _learnt(asset: str, key: str, photos: int) -> str:
    return f"{asset}:{key}: {photos} photos; only another training forgets them: `--refresh {asset}:{key}`"


def _tell_vanished(found: Discovery, console: Console) -> None:
    for file in found.vanished:
        console.print(
            f"[yellow]source file {file.key} has vanished[/]; `locsens forget {file.key}` removes it", soft_wrap=True
        )


def _tell_left(report: Report, console: Console) -> None:
    for left in report.left:
        hint = f"; redo it with `{left.command}`" if left.command else ""
        console.print(f"[yellow]{left.state}[/] {left.output}: {escape(left.why)}{hint}", soft_wrap=True)


def _tell_report(report: Report, console: Console, seconds: float) -> None:
    _tell_left(report, console)
    for output, why in report.failed.items():  # last: what is left may be many lines, and waits for these
        console.print(f"[red]failed[/] {output}: {escape(why)}", soft_wrap=True)
    if report.nothing_to_do and report.left:
        left = f"{len(report.left)} are left as they are, see above"
        console.print(f"nothing to do: {report.fresh} outputs are up to date, {left}; looked at in {seconds:.1f} s")
    elif report.nothing_to_do:
        console.print(f"everything is up to date: {report.fresh} outputs, looked at in {seconds:.1f} s")
    else:
        console.print(
            f"{len(report.made)} outputs made, {report.fresh} were up to date, {len(report.failed)} failed, "
            f"in {seconds:.0f} s"
        )


def print_results(settings: Settings, console: Console) -> None:
    """Print the result tables, the training steps, where the report is and how to open the UI."""
    workspace = open_workspace(settings)
    retrieval = _results(workspace, "retrieval_results")
    for average, title in (
        ("tag", "Retrieval, every hashtag counts once: precision at 10"),
        ("query", "Retrieval, every query counts once: precision at 10"),
    ):
        _print_retrieval(retrieval.filter(pl.col("average") == average), title, console)
    _print_tagging(_results(workspace, "tagging_results"), console)
    steps = {
        record.partition: record.facts.get("steps")
        for asset in MODELS
        for record in workspace.ledger.records(asset).values()
    }
    console.print("training steps: " + ", ".join(f"{name} {count}" for name, count in steps.items() if count))
    console.print(f"report   {workspace.storage.url('reports/index.html')}", soft_wrap=True, markup=False)
    console.print(f"catalog  {workspace.storage.url('locsens.duckdb')}", soft_wrap=True, markup=False)
    console.print("UI       make ui, then http://localhost:3000/asset-groups (its runs: /runs)")
    console.print(f"[dim]its runs are in DAGSTER_HOME {escape(str(dagster_home(settings)))}[/]", soft_wrap=True)


def _results(workspace: Workspace, asset: str) -> pl.DataFrame:
    record = workspace.ledger.get(asset)
    assert record is not None, "the demo has just made it"
    table = pl.from_arrow(pa.concat_tables([workspace.storage.read_table(file.path) for file in record.files]))
    assert isinstance(table, pl.DataFrame)
    return table.filter(pl.col("slice") == "all")


def _print_retrieval(rows: pl.DataFrame, title: str, console: Console) -> None:
    far_first = (
        rows.select("granularity", "distance_km").unique().sort("distance_km", descending=True, nulls_last=False)
    )
    shown = far_first["granularity"].to_list()
    console.print(f"\n[bold]{title}[/]")
    table = Table("model", *shown)
    for name in rows["model"].unique(maintain_order=True):
        model = rows.filter(pl.col("model") == name)
        values = dict(zip(model["granularity"], model["precision_at_10"], strict=True))
        table.add_row(name, *(two_digits(values.get(granularity)) for granularity in shown))
    console.print(table)


def _print_tagging(rows: pl.DataFrame, console: Console) -> None:
    columns = ("accuracy_at_1", "accuracy_at_10", "predicted_tags_pct", "correctly_predicted_tags_pct")
    table = Table("model", "A@1", "A@10", "% predicted", "% correctly")
    console.print("\n[bold]Tagging[/]")
    for row in rows.iter_rows(named=True):
        table.add_row(row["model"], *(two_digits(row[column]) for column in columns))
    console.print(table)
