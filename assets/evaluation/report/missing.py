"""What the report could not show: outputs that were not run, by cause, and those that are not there."""

from collections.abc import Iterable, Mapping

from assets.base.provenance import Record
from assets.base.run import Run
from assets.evaluation.report.study import STUDY_TABLES

_CHAIN = " was not run: "
"""What a step that stops because of another one puts between that one's name and its reason."""


def what_is_missing(run: Run) -> tuple[str, ...]:
    """Sentences on everything that the run would read and that is not there."""
    expected = {
        reads.asset: list(run.workspace.upstream_keys(run.step, reads, run.partition))
        for reads in run.step.reads
        if reads.asset not in STUDY_TABLES  # made on request: not there is not missing
    }
    return missing_sentences(expected, [record for asset in expected for record in run.records(asset)])


def missing_sentences(expected: Mapping[str, Iterable[str | None]], records: Iterable[Record]) -> tuple[str, ...]:
    """A sentence for each cause, naming all that it left out, then one for each asset that is not there.

    Args:
        expected: Asset -> partitions that are wanted, None for the whole asset.
        records: Records of those that exist.
    """
    known: set[tuple[str, str | None]] = set()
    by_cause: dict[str, dict[str, list[str]]] = {}
    for record in records:
        known.add((record.asset, record.partition))
        if record.status == "not_run":
            # The cause may lie in an asset that the report does not read: the end of the chain names it.
            cause = record.reason.rpartition(_CHAIN)[2].removesuffix(".")
            by_cause.setdefault(cause, {}).setdefault(record.asset, []).append(record.partition or "")
    sentences = [
        f"Not run, {cause}: {'; '.join(_named(asset, keys) for asset, keys in assets.items())}."
        for cause, assets in by_cause.items()
    ]
    for asset, wanted in expected.items():
        absent = [key or "" for key in wanted if (asset, key) not in known]
        if absent:
            sentences.append(f"Not materialised: {_named(asset, absent)}.")
    return tuple(sentences)


def _named(asset: str, keys: list[str]) -> str:
    named = [key for key in keys if key]
    if not named:
        return asset
    return f"{asset} ({', '.join(named)})" if len(named) <= _MOST_NAMED else f"{asset} ({len(named)} partitions)"


_MOST_NAMED = 12
