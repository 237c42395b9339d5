"""Running one step: old record away, work, checks, new record last. No Dagster here."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.base.checks import BlockingCheckError
from assets.base.freshness import MissingInputsError, expected_inputs, judge, profile_hash, retryable_rows
from assets.base.paths import own_folders
from assets.base.provenance import CheckOutcome, Input, Record, content_version
from assets.base.run import Run
from assets.base.scratch import alone, scratch_of, title_of
from assets.base.sentences import shorten
from assets.base.shards import remove_partition, shards_of
from assets.base.step import NotRun, Step
from assets.base.tables import TABLES
from assets.base.workspace import Workspace


@dataclass(frozen=True)
class Outcome:
    """What came of a step.

    Attributes:
        records: The record of each output.
        notes: Metadata to show, by output.
        shard_records: Records of shards made beside the step's own outputs.
        checks: What the checks found, by asset.
        unchanged: Nothing was done: everything was up to date.
        surplus_shards: Shards that a changed source file no longer has, now removed.
        failed: Names of blocking checks that failed; then there are no records.
    """

    records: dict[str, Record]
    notes: dict[str, dict[str, Any]]
    shard_records: list[Record]
    checks: dict[str, list[CheckOutcome]]
    unchanged: bool = False
    failed: list[str] = field(default_factory=list)
    surplus_shards: list[str] = field(default_factory=list)

    def raise_if_failed(self) -> "Outcome":
        """Raise where a blocking check failed.

        Raises:
            BlockingCheckError: Names the checks and what they found.
        """
        if self.failed:
            raise BlockingCheckError("; ".join(self.failed))
        return self


def execute(
    step: Step,
    workspace: Workspace,
    partition: str | None,
    log: logging.Logger,
    *,
    force: bool = False,
    launch: Callable[[Run, Path], None] | None = None,
) -> Outcome:
    """Materialise a step for one partition, unless it is up to date and no row of it could be mended by a rerun.

    Args:
        step: The step.
        workspace: What it stands on.
        partition: Partition key, None for unpartitioned steps.
        log: Where to tell what happens.
        force: Redo it even if it is up to date.
        launch: Starts the processes of a training on several devices; None: as plain child processes.

    Raises:
        MissingInputsError: A required input is not there.
        OutputBusyError: Another process of this machine is making the same output.
    """
    with alone(step, workspace, partition):
        return _execute(step, workspace, partition, log, force=force, launch=launch)


def _execute(
    step: Step,
    workspace: Workspace,
    partition: str | None,
    log: logging.Logger,
    *,
    force: bool,
    launch: Callable[[Run, Path], None] | None,
) -> Outcome:
    workspace.collection()  # refuses a storage that holds another collection
    retry = retryable_rows(step, workspace, partition) > 0
    if not (force or retry) and judge(step, workspace, partition).state == "fresh":
        return _unchanged(step, workspace, partition)
    inputs, missing = expected_inputs(step, workspace, partition)
    if missing:
        raise MissingInputsError(
            f"{title_of(step, partition)} needs {shorten(missing)}, not materialised yet; "
            "run `locsens materialize`, or materialise those first"
        )
    started = datetime.now(UTC)
    for output in step.outputs:
        workspace.ledger.remove(output, partition)
    before = shards_of(workspace, partition or "") if step.shard_outputs else []
    for key in before:
        for asset in step.shard_outputs:
            workspace.ledger.remove(asset, key)
    run = Run(step, workspace, partition, inputs, log, scratch_of(step, workspace, partition, inputs), launch=launch)
    reason = _do(run)
    checks = _look(run, reason)
    failed = [f"{one.name}: {one.sentence}" for check, one in checks if check.blocking and not one.passed]
    by_asset: dict[str, list[CheckOutcome]] = {}
    for check, one in checks:
        by_asset.setdefault(check.asset, []).append(one)
    if failed:
        return Outcome({}, run.notes, [], by_asset, failed=failed)
    records = {}
    for output in step.outputs:
        records[output] = _record(run, output, inputs, reason, started, by_asset.get(output, []))
    # Before the new records: they would say that all is done, and a kill would leave the surplus for good.
    made = {record.partition for record in run.shard_records}
    surplus = [key for key in before if key not in made]
    for key in surplus:
        remove_partition(workspace, "shard", key)
    for record in (*run.shard_records, *records.values()):
        _sweep(run, record)
        workspace.ledger.put(record)
    for folder in (run.scratch.parent, *run.spent):  # with what killed runs on other inputs left there
        shutil.rmtree(folder, ignore_errors=True)
    return Outcome(records, run.notes, run.shard_records, by_asset, surplus_shards=surplus)


def _do(run: Run) -> str:
    """Run the body; returns why it was not run, empty if it was."""
    for reads in run.step.reads:
        stopped = next((record for record in run.records(reads.asset) if record.status == "not_run"), None)
        if stopped is not None and not reads.optional:
            return _not_run(run, f"{reads.asset} was not run: {stopped.reason}")
    try:
        run.step.body(run)
    except NotRun as stop:
        return _not_run(run, str(stop))
    return ""


def _not_run(run: Run, reason: str) -> str:
    """Leave typed, empty tables and nothing else."""
    run.log.warning("%s is not run: %s", title_of(run.step, run.partition), reason)
    run.notes = {output: {"status": "not run", "reason": reason} for output in run.step.outputs}
    run.written = {output: [] for output in run.step.outputs}
    for output in run.step.outputs:
        if output in TABLES:
            run.write(output, TABLES[output].empty())
    return reason.removesuffix(".")


def _look(run: Run, reason: str) -> "list[tuple[Any, CheckOutcome]]":
    found = []
    for check in run.step.checks:
        if reason:
            outcome = CheckOutcome(check.name, True, f"not run: {reason}")
        else:
            result = check(run)
            outcome = CheckOutcome(check.name, bool(result.passed), result.sentence, dict(result.values))
        if not outcome.passed:
            run.log.error("check %s of %s: %s", check.name, check.asset, outcome.sentence)
        found.append((check, outcome))
    return found


def _record(
    run: Run,
    output: str,
    inputs: list[Input],
    reason: str,
    started: datetime,
    checks: list[CheckOutcome],
) -> Record:
    files = tuple(sorted(run.written[output], key=lambda file: file.path))
    is_table = output in TABLES
    return Record(
        asset=output,
        partition=run.partition,
        files=files,
        inputs=tuple(inputs),
        code_version=run.step.code_version,
        profile_hash=profile_hash(run.step, run.workspace, run.partition),
        rows=sum(file.rows or 0 for file in files) if is_table else None,
        started_at=started.isoformat(timespec="seconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        status="not_run" if reason else "done",
        reason=reason,
        data_version=content_version(files, reason, (one for one in inputs if one.asset in run.step.answers)),
        slices=dict(run.slices),
        facts=dict(run.facts),
        checks=tuple(checks),
    )


def _sweep(run: Run, record: Record) -> None:
    """Remove what earlier runs left in the output's folder, finished or not, and this one did not write."""
    kept = {file.path for file in record.files}
    for folder in own_folders(run.storage, record.asset, record.partition):
        for path in run.storage.list(folder, unfinished=True):
            if path not in kept:
                run.storage.remove(path)


def _unchanged(step: Step, workspace: Workspace, partition: str | None) -> Outcome:
    records: dict[str, Record] = {}
    for output in step.outputs:
        record = workspace.ledger.get(output, partition)
        assert record is not None, "a fresh step has all its records"
        records[output] = record
    checks = {output: list(record.checks) for output, record in records.items()}
    return Outcome(records, {output: {} for output in records}, [], checks, unchanged=True)
