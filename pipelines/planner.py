"""The planner: which outputs are missing or outdated, in which order they are made, and what is left as it is.

It alone knows the order over assets with different partitions. The command line, the sensor of new files and the weekly
schedule all come here.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from assets.base.freshness import judge, record_of, retryable_rows
from assets.base.keys import MODELS, source_file_of
from assets.base.sentences import shorten
from assets.base.step import STAGES, Step
from assets.base.workspace import Workspace
from pipelines.runs import Runner


class RefreshError(ValueError):
    """What `--refresh` names does not exist."""


@dataclass(frozen=True)
class Refresh:
    """What is to be redone on purpose, or made on request.

    Attributes:
        asset: An asset.
        partition: One partition of it, None for all.
    """

    asset: str
    partition: str | None = None

    def covers(self, step: Step, partition: str | None) -> bool:
        """Whether it asks for this output."""
        return self.asset in step.outputs and self.partition in (None, partition)


@dataclass(frozen=True)
class Left:
    """An output that was left as it is.

    Attributes:
        output: The asset, with its partition after a colon.
        state: `older`, `unusable` or `waiting`.
        why: In words.
        command: What would redo it, if anything.
    """

    output: str
    state: str
    why: str
    command: str = ""


@dataclass
class Report:
    """What a planner run did.

    Attributes:
        made: Outputs that were made.
        failed: Outputs that failed, with the reason.
        left: Outputs left older, unusable or waiting.
        fresh: Number of outputs that were up to date.
        on_request: Outputs that are not there and that nobody asked for, of those that are made only on request.
    """

    made: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    fresh: int = 0
    on_request: list[str] = field(default_factory=list)

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything was up to date."""
        return not self.made and not self.failed


def parse_refresh(words: Iterable[str], workspace: Workspace) -> list[Refresh]:
    """Read what `--refresh` was given.

    Args:
        words: `vocabulary`, `models`, an asset, or an asset and partition joined by a colon.
        workspace: Knows the graph.

    Raises:
        RefreshError: There is no such asset or partition.
    """
    wanted: list[Refresh] = []
    for word in words:
        if word == "models":
            wanted += [Refresh(asset) for asset in MODELS]
            continue
        asset, _, partition = word.partition(":")
        if asset not in workspace.steps.assets():
            raise RefreshError(
                f"--refresh {word}: no such asset; expected vocabulary, models, an asset or asset:partition"
            )
        keys = workspace.keys(workspace.steps.dimension(asset))
        if partition and partition not in keys:
            there = shorten([key for key in keys if key], 12)
            raise RefreshError(f"--refresh {word}: {asset} has no partition {partition!r}; it has {there}")
        maker = workspace.steps.maker(asset)
        if asset in maker.outputs:
            wanted.append(Refresh(asset, partition or None))
        else:  # a shard is made with all others of its source file
            wanted.append(Refresh(maker.outputs[0], source_file_of(partition) if partition else None))
    return wanted


def materialize(
    workspace: Workspace,
    runner: Runner,
    *,
    to: str = STAGES[-1],
    refresh: Collection[Refresh] = (),
    request: Collection[Refresh] = (),
    tell: Callable[[str], None] = print,
) -> Report:
    """Make everything that is missing or outdated and not pinned, up to a stage.

    Args:
        workspace: The collection.
        runner: Runs single steps.
        to: Last stage.
        refresh: What to redo on purpose.
        request: What to make, if it is not there, of that which is made only on request.
        tell: Told a line as each output begins.

    Returns:
        What was made, what failed and what was left.
    """
    workspace.ledger.refresh()
    report = Report()
    for step in workspace.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index(to):
            for partition in list(workspace.keys(step.by)):
                if _not_asked_for(workspace, step, partition, (*refresh, *request)):
                    report.on_request.append(_title(step, partition))
                else:
                    _consider(workspace, runner, step, partition, refresh, tell, report)
    return report


def retry(workspace: Workspace, runner: Runner, *, tell: Callable[[str], None] = print) -> Report:
    """Run again what is up to date and has rows that failed for a reason that may pass: the images of a shard.

    Only those rows are asked for. What is missing or outdated is left to `materialize`, which asks for them too.

    Returns:
        What was run, what failed, and in `fresh` how many outputs had nothing to mend.
    """
    workspace.ledger.refresh()
    report = Report()
    for step in workspace.steps.in_order():
        for partition in workspace.keys(step.by):
            rows = retryable_rows(step, workspace, partition)
            if not rows or judge(step, workspace, partition).state != "fresh":
                report.fresh += not rows
                continue
            title = _title(step, partition)
            tell(f"{step.stage:<10} {title}  ({rows} to be asked for again)")
            _run(runner, step, partition, report, force=False)
    return report


def to_retry(workspace: Workspace) -> dict[str, int]:
    """Outputs with rows that failed for a reason that may pass, and how many rows."""
    found = {
        _title(step, partition): retryable_rows(step, workspace, partition)
        for step in workspace.steps
        for partition in workspace.keys(step.by)
    }
    return {title: rows for title, rows in found.items() if rows}


def survey(workspace: Workspace) -> Report:
    """How every output stands, without making any; what would be made is in `made`."""
    workspace.ledger.refresh()
    report = Report()
    for step in workspace.steps.in_order():
        for partition in workspace.keys(step.by):
            if _not_asked_for(workspace, step, partition, ()):
                report.on_request.append(_title(step, partition))
            else:
                _consider(workspace, None, step, partition, (), lambda _: None, report)
    return report


def _not_asked_for(workspace: Workspace, step: Step, partition: str | None, asked: Collection[Refresh]) -> bool:
    """Whether an output is left out: it is made only on request, is not there, and is not asked for."""
    record = record_of(step, workspace, partition)
    if not step.on_request or (record is not None and record.status == "done"):
        return False
    return not any(one.covers(step, partition) for one in asked)


def _consider(
    workspace: Workspace,
    runner: Runner | None,
    step: Step,
    partition: str | None,
    refresh: Collection[Refresh],
    tell: Callable[[str], None],
    report: Report,
) -> None:
    title = _title(step, partition)
    forced = any(one.covers(step, partition) for one in refresh)
    verdict = judge(step, workspace, partition)
    if verdict.state == "waiting" or (verdict.state in ("older", "unusable") and not forced):
        command = "" if verdict.state == "waiting" else f"locsens materialize --refresh {title}"
        report.left.append(Left(title, verdict.state, verdict.why, command))
        return
    if verdict.state == "fresh" and not forced:
        report.fresh += 1
        return
    if runner is None:
        report.made.append(title)
        return
    tell(f"{step.stage:<10} {title}" + (f"  ({verdict.why})" if verdict.why else ""))
    _run(runner, step, partition, report, force=forced)


def _title(step: Step, partition: str | None) -> str:
    return step.outputs[0] if partition is None else f"{step.outputs[0]}:{partition}"


def _run(runner: Runner, step: Step, partition: str | None, report: Report, *, force: bool) -> None:
    result = runner.run(step, partition, force=force)
    if result.ok:
        report.made.append(_title(step, partition))
    else:
        report.failed[_title(step, partition)] = result.message
