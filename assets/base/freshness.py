"""Whether an output is up to date, from records of provenance alone, and if not, why."""

from dataclasses import dataclass
from typing import Literal

from assets.base.keys import source_file_of
from assets.base.provenance import Input, Record
from assets.base.sentences import shorten
from assets.base.step import Reads, Step
from assets.base.workspace import Workspace

State = Literal["fresh", "missing", "outdated", "older", "unusable", "waiting"]

NO_SLICE = "none"
RETRYABLE = "retryable"
"""Fact of a record: how many of its rows failed for a reason that may pass, and may be asked for again."""


@dataclass(frozen=True)
class Verdict:
    """How an output stands.

    Attributes:
        state: `fresh`; `missing`; `outdated` (to be redone); `older` (pinned, still usable); `unusable` (pinned, made
            from inputs that what comes after no longer matches); `waiting` (its own inputs are missing or unusable).
        why: In words.
    """

    state: State
    why: str = ""


class MissingInputsError(RuntimeError):
    """A step's inputs are not there."""


def record_of(step: Step, workspace: Workspace, partition: str | None) -> Record | None:
    """The record of a step's outputs, None unless all of them exist."""
    records = [workspace.ledger.get(output, partition) for output in step.outputs]
    return records[0] if all(record is not None for record in records) else None


def retryable_rows(step: Step, workspace: Workspace, partition: str | None) -> int:
    """Rows of an output that a rerun could mend. They do not make it outdated: nobody asks dead hosts at every turn."""
    record = record_of(step, workspace, partition)
    return 0 if record is None else int(record.facts.get(RETRYABLE, 0))


def expected_inputs(step: Step, workspace: Workspace, partition: str | None) -> tuple[list[Input], list[str]]:
    """What a step would read now.

    Returns:
        The inputs that exist, and the names of those that are required and missing.
    """
    inputs: list[Input] = [] if step.outside is None else step.outside(workspace, partition)
    missing = _files_waited_for(step, workspace, partition)
    judged: dict[tuple[str, str | None], bool] = {}
    for reads in step.reads:
        for key in workspace.upstream_keys(step, reads, partition):
            record = workspace.ledger.get(reads.asset, key)
            if record is None:
                if not reads.optional:
                    missing.append(_name((reads.asset, key)))
                continue
            if not reads.optional and _unusable(workspace, reads.asset, key, judged):
                missing.append(f"{_name((reads.asset, key))} (--refresh models)")
            if reads.sliced and not _covers_all(workspace, reads.asset):
                missing.append(f"{reads.asset} (newer than every partition that it reads)")
            inputs.append(Input(reads.asset, key, input_version(record, reads, partition)))
    return inputs, missing


def input_version(record: Record, reads: Reads, partition: str | None) -> str:
    """Version of an upstream output as an input of a step's partition."""
    return record.slices.get(partition or "", NO_SLICE) if reads.sliced else record.data_version


def profile_hash(step: Step, workspace: Workspace, partition: str | None) -> str:
    """Hash of the profile sections that a step uses."""
    return workspace.profile.section_hash([section.format(partition=partition) for section in step.profile])


def judge(step: Step, workspace: Workspace, partition: str | None) -> Verdict:
    """How a step's output stands against its inputs, code and profile."""
    inputs, missing = expected_inputs(step, workspace, partition)
    record = record_of(step, workspace, partition)
    if missing:
        return Verdict("waiting", f"waits for {shorten(missing)}")
    if record is None:
        return Verdict("missing")
    changes = _changes(record, inputs)
    if record.code_version != step.code_version:
        changes.append(f"code version {record.code_version} is now {step.code_version}")
    if record.profile_hash != profile_hash(step, workspace, partition):
        changes.append("its section of the profile changed")
    broken = broken_by(step, workspace, partition)
    if broken:
        return Verdict("unusable", f"made with another {shorten(broken)}")
    if not changes:
        return Verdict("fresh")
    # What was not run for want of something is no result to be kept.
    kept = step.pinned and record.status == "done"
    return Verdict("older" if kept else "outdated", "; ".join(changes))


def _changes(record: Record, inputs: list[Input]) -> list[str]:
    before = {(one.asset, one.partition): one.data_version for one in record.inputs}
    now = {(one.asset, one.partition): one.data_version for one in inputs}
    names = {
        "new": sorted(_name(key) for key in now.keys() - before.keys()),
        "gone": sorted(_name(key) for key in before.keys() - now.keys()),
        "changed": sorted(_name(key) for key in now.keys() & before.keys() if now[key] != before[key]),
    }
    return [f"{what}: {shorten(which)}" for what, which in names.items() if which]


def broken_by(step: Step, workspace: Workspace, partition: str | None) -> list[str]:
    """Inputs of a pinned output that changed so that it no longer fits what comes after; empty if it is usable."""
    record = record_of(step, workspace, partition)
    if record is None or not step.pinned or record.status == "not_run":
        return []
    before = {(one.asset, one.partition): one.data_version for one in record.inputs}
    changed = []
    for reads in step.reads:
        if reads.breaking:
            for key in workspace.upstream_keys(step, reads, partition):
                now = workspace.ledger.get(reads.asset, key)
                if now is not None and before.get((reads.asset, key), now.data_version) != now.data_version:
                    changed.append(reads.asset)
    return sorted(set(changed))


def _covers_all(workspace: Workspace, asset: str) -> bool:
    """Whether a sliced asset was made from all that it reads as it is now: a slice says nothing of the others."""
    maker = workspace.steps.maker(asset)
    record = workspace.ledger.get(asset)
    inputs, missing = expected_inputs(maker, workspace, None)
    return record is not None and not missing and list(record.inputs) == inputs


def _files_waited_for(step: Step, workspace: Workspace, partition: str | None) -> list[str]:
    """Source files without shards whose photos an output would lack: all of them where it is made for the first time.

    An output that exists goes on without those that it never had: one bad file among many stops what is new, not what
    is there. It waits for those that it was made from: a file that cannot be read again must not take its photos away.
    """
    over_shards = step.by not in ("source_file", "shard") and any(
        workspace.steps.dimension(reads.asset) == "shard" and not reads.optional for reads in step.reads
    )
    if not over_shards:
        return []
    record = record_of(step, workspace, partition)
    had = None if record is None else {source_file_of(one.partition) for one in record.inputs if one.partition}
    return [
        f"source_files:{key}"
        for key in workspace.keys("source_file")
        if workspace.ledger.get("source_files", key) is None and (had is None or key in had)
    ]


def _unusable(
    workspace: Workspace, asset: str, partition: str | None, judged: dict[tuple[str, str | None], bool]
) -> bool:
    """Whether an output is a pinned one that no longer fits, or was made of one and cannot be made anew.

    Without the second, rankings would join embeddings of an old vocabulary with queries of the new one.
    """
    if not workspace.steps.rests_on_pinned(asset):
        return False
    output = (asset, partition)
    if output not in judged:
        maker = workspace.steps.maker(asset)
        judged[output] = bool(broken_by(maker, workspace, partition)) or (
            not maker.pinned
            and any(
                _unusable(workspace, reads.asset, key, judged)
                for reads in maker.reads
                if not reads.optional
                for key in workspace.upstream_keys(maker, reads, partition)
            )
        )
    return judged[output]


def _name(key: tuple[str, str | None]) -> str:
    return key[0] if key[1] is None else f"{key[0]}:{key[1]}"
