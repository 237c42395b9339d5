"""Checks of the vocabulary: every later stage uses a hashtag's id as its row number."""

import numpy as np
import pyarrow.compute as pc

from assets.base.checks import CheckResult, check
from assets.base.run import Run


@check(asset="vocabulary", blocking=True)
def tag_ids_contiguous(run: Run) -> CheckResult:
    """There is at least one hashtag, and ids are 0, 1, 2 … in the order of the rows."""
    ids = run.table("vocabulary", ["tag_id"]).column("tag_id").to_numpy()
    off = int(np.count_nonzero(ids != np.arange(len(ids))))
    return CheckResult(
        len(ids) > 0 and off == 0,
        f"{len(ids):,} hashtags, {off:,} ids out of place",
        {"hashtags": len(ids), "out_of_place": off},
    )


@check(asset="vocabulary", blocking=True)
def tags_unique(run: Run) -> CheckResult:
    """No hashtag is there twice, nor in the vocabulary and among the skipped ones."""
    kept = run.table("vocabulary", ["tag"]).column("tag")
    skipped = run.table("skipped_tags", ["tag"]).column("tag")
    twice = len(kept) - len(kept.unique())
    both = int(pc.sum(pc.is_in(skipped, value_set=kept)).as_py() or 0)
    return CheckResult(
        twice == 0 and both == 0,
        f"{twice:,} hashtags twice, {both:,} both kept and skipped",
        {"twice": twice, "kept_and_skipped": both},
    )


@check(asset="vocabulary", blocking=True)
def most_frequent_first(run: Run) -> CheckResult:
    """Photos per hashtag never rise along the ids; no skipped hashtag is rarer than those kept."""
    photos = run.table("vocabulary", ["photos"]).column("photos").to_numpy()
    skipped = run.table("skipped_tags", ["photos"]).column("photos").to_numpy()
    rises = int(np.count_nonzero(np.diff(np.concatenate([skipped, photos])) > 0))
    return CheckResult(rises == 0, f"frequency rises {rises:,} times along the ids", {"rises": rises})
