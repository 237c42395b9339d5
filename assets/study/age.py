"""Whether seeds can be compared: all of the same photos, settings and code, and those photos the ones of now."""

from collections.abc import Mapping, Sequence

from assets.base.provenance import Input, Record, inputs_of
from assets.base.sentences import shorten

_PHOTOS = ("photos",)


def why_not_together(records: Mapping[str, Record], now: Sequence[Input]) -> str:
    """Why seeds cannot be compared, empty if they can.

    Args:
        records: Of the seeds' scores, by seed.
        now: Inputs of the step that compares them; the photos among them are those of now.
    """
    photos = inputs_of(now, _PHOTOS)
    old = [seed for seed, record in records.items() if inputs_of(record.inputs, _PHOTOS) != photos]
    if old:
        return f"seeds {shorten(old)} were run on other photos than those of now: {_redo(old)}"
    made_of = {seed: (record.inputs, record.profile_hash, record.code_version) for seed, record in records.items()}
    newest = max(records, key=lambda seed: records[seed].finished_at)
    other = [seed for seed, what in made_of.items() if what != made_of[newest]]
    if other:
        return f"seeds {shorten(other)} were run with other inputs, settings or code than seed {newest}: {_redo(other)}"
    return ""


def _redo(seeds: Sequence[str]) -> str:
    return "redo with `locsens materialize " + " ".join(f"--refresh study_runs:{seed}" for seed in seeds) + "`"
