"""Checks of a shard's splits: no photo lost, none in two splits, every hashtag known."""

import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.run import Run


@check(asset="photos", blocking=True)
def photos_add_up(run: Run) -> CheckResult:
    """Every geotagged photo of the shard is in `photos` or in `unused_photos`."""
    before = run.frame("geotagged_photos", ["photo_id"])["photo_id"]
    used = run.frame("photos", ["photo_id"])["photo_id"]
    unused = run.frame("unused_photos", ["photo_id"])["photo_id"]
    same = before.sort().equals(pl.concat([used, unused]).sort())
    return CheckResult(
        same,
        f"{len(before):,} geotagged photos, {len(used):,} used and {len(unused):,} unused"
        + ("" if same else ": not the same photos"),
        {"geotagged": len(before), "used": len(used), "unused": len(unused)},
    )


@check(asset="photos", blocking=True)
def splits_disjoint(run: Run) -> CheckResult:
    """No photo id is there twice, in one split or in two."""
    ids = run.frame("photos", ["photo_id"])["photo_id"]
    twice = len(ids) - ids.n_unique()
    return CheckResult(twice == 0, f"{twice:,} of {len(ids):,} photos twice", {"twice": twice})


@check(asset="photos", blocking=True)
def tag_ids_in_vocabulary(run: Run) -> CheckResult:
    """Every photo has 1 to `max_tags` hashtags, with ids that ascend and are the vocabulary's for them."""
    photos = run.frame("photos", ["tags", "tag_ids"])
    lengths = photos["tag_ids"].list.len()
    wrong_length = int(((lengths < 1) | (lengths > run.profile.splits.max_tags)).sum())
    pairs = photos.with_row_index("row").explode("tags", "tag_ids")
    unknown = pairs.join(
        run.frame("vocabulary", ["tag_id", "tag"]),
        left_on=["tag_ids", "tags"],
        right_on=["tag_id", "tag"],
        how="anti",
    ).height
    falls = int(((pairs["tag_ids"].diff() <= 0) & (pairs["row"] == pairs["row"].shift())).sum())
    return CheckResult(
        wrong_length == 0 and unknown == 0 and falls == 0,
        f"{pairs.height:,} hashtags on {photos.height:,} photos: {unknown:,} not the vocabulary's, "
        f"{falls:,} out of order, {wrong_length:,} photos with too few or too many",
        {"hashtags": pairs.height, "unknown": unknown, "out_of_order": falls, "wrong_length": wrong_length},
    )


@check(asset="photos", blocking=True)
def no_lost_duplicates(run: Run) -> CheckResult:
    """Of a photo id found in several shards, only the row that is kept is used."""
    lost = run.frame("duplicate_photos", ["photo_id", "shard_key", "kept"]).filter(
        (pl.col("shard_key") == run.partition) & ~pl.col("kept")
    )
    used = run.frame("photos", ["photo_id"]).join(lost, on="photo_id", how="semi").height
    return CheckResult(
        used == 0, f"{used:,} of {lost.height:,} lost duplicates used", {"lost": lost.height, "used": used}
    )
