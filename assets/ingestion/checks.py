"""Checks of the stage: every row is accounted for, every photo is there once."""

import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.run import Run


def _rows(run: Run, asset: str) -> int:
    return sum(file.rows or 0 for file in run.written[asset])


@check(asset="source_files", blocking=True)
def rows_are_raw_or_rejected(run: Run) -> CheckResult:
    """Every row of a source file is in `raw_photos` or in `rejected_rows`, or of a photo that was taken down."""
    (file,) = run.frame("source_files", ["rows", "taken_down"]).rows()
    rows, taken_down = file
    raw, rejected = _rows(run, "raw_photos"), _rows(run, "rejected_rows")
    return CheckResult(
        rows == raw + rejected + taken_down,
        f"{rows:,} rows in the file, {raw:,} raw and {rejected:,} rejected"
        + (f", {taken_down:,} of photos taken down" if taken_down else ""),
        {"rows": rows, "raw": raw, "rejected": rejected, "taken_down": taken_down},
    )


@check(asset="source_files", blocking=False)
def most_rows_are_readable(run: Run) -> CheckResult:
    """At least nine of ten rows of a source file can be read."""
    raw, rejected = _rows(run, "raw_photos"), _rows(run, "rejected_rows")
    share = rejected / (raw + rejected) if raw + rejected else 0.0
    return CheckResult(
        share <= 0.1,
        f"{100 * share:.1f} % of the rows were rejected (`rejected_rows` says why), expected at most 10 %",
        {"rejected_percent": 100 * share},
    )


@check(asset="geotagged_photos", blocking=True)
def raw_photos_are_geotagged_or_dropped(run: Run) -> CheckResult:
    """Every row of `raw_photos` is in `geotagged_photos` or in `dropped_photos`."""
    raw = sum(record.rows or 0 for record in run.records("raw_photos"))
    geotagged, dropped = _rows(run, "geotagged_photos"), _rows(run, "dropped_photos")
    return CheckResult(
        raw == geotagged + dropped,
        f"{raw:,} raw photos, {geotagged:,} geotagged and {dropped:,} dropped",
        {"raw": raw, "geotagged": geotagged, "dropped": dropped},
    )


@check(asset="geotagged_photos", blocking=True)
def photo_ids_are_unique(run: Run) -> CheckResult:
    """No photo id is twice in a shard of `geotagged_photos`."""
    ids = run.frame("geotagged_photos", ["photo_id"])["photo_id"]
    again = len(ids) - ids.n_unique()
    return CheckResult(
        again == 0,
        f"{len(ids):,} photos, {again:,} of them repeat an id",
        {"photos": len(ids), "repeated": again},
    )


@check(asset="geotagged_photos", blocking=False)
def something_is_kept(run: Run) -> CheckResult:
    """A shard keeps at least one photo."""
    geotagged, dropped = _rows(run, "geotagged_photos"), _rows(run, "dropped_photos")
    return CheckResult(
        geotagged > 0 or dropped == 0,
        f"{geotagged:,} of {geotagged + dropped:,} photos are kept (see `dropped_photos` for the others)",
        {"geotagged": geotagged, "dropped": dropped},
    )


@check(asset="duplicate_photos", blocking=True)
def one_row_is_kept(run: Run) -> CheckResult:
    """Of each photo id found in several shards exactly one row is kept."""
    kept = run.frame("duplicate_photos", ["photo_id", "kept"]).group_by("photo_id").agg(pl.col("kept").sum())
    wrong = kept.filter(pl.col("kept") != 1).height
    return CheckResult(
        wrong == 0,
        f"{kept.height:,} ids are found in several shards, {wrong:,} of them with none or several rows kept",
        {"ids": kept.height, "wrong": wrong},
    )


@check(asset="tag_counts", blocking=True)
def tags_are_counted_once(run: Run) -> CheckResult:
    """`tag_counts` has each hashtag once, and adds up to the hashtags of the shard's photos."""
    counts = run.frame("tag_counts", ["tag", "photos"])
    counted = int(counts["photos"].sum())
    carried = int(run.frame("geotagged_photos", ["tags"])["tags"].list.len().sum())
    repeated = counts.height - counts["tag"].n_unique()
    return CheckResult(
        counted == carried and repeated == 0,
        f"{counts.height:,} hashtags ({repeated:,} repeated), {counted:,} uses counted of {carried:,}",
        {"tags": counts.height, "repeated": repeated, "counted": counted, "carried": carried},
    )
