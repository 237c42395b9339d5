"""The rows' accounting: from source files to images, each row counted once, with the reasons why not."""

import polars as pl

from assets.base.run import Run
from assets.evaluation.report.data import Account
from assets.ingestion.discovery import limit_reached

_MOST_REASONS = 8


def accounts(run: Run) -> tuple[Account, ...]:
    """What became of every row, step by step.

    Args:
        run: Reads `source_files`, `rejected_rows`, `raw_photos`, `dropped_photos`, `geotagged_photos`,
            `unused_photos`, `photos` and `image_status`; of the large ones the records only.
    """
    read, taken_down = run.scan("source_files").select(pl.col("rows", "taken_down").sum()).collect().row(0)
    in_part = any(limit_reached(record) for record in run.records("source_files"))
    raw, geotagged, photos = (_rows(run, asset) for asset in ("raw_photos", "geotagged_photos", "photos"))
    wanted_only = run.scan("photos").select("photo_id")  # statuses of photos that were wanted once stay
    statuses = counts(run.scan("image_status").join(wanted_only, on="photo_id", how="semi"), "status")
    images = statuses.pop("ok", 0)
    return (
        Account(
            "Reading",
            "first rows of the source files" if in_part else "rows in the source files",
            read,
            "raw photos",
            raw,
            counts(run.scan("rejected_rows"), "reason") | ({"taken_down": taken_down} if taken_down else {}),
        ),
        Account(
            "Filters",
            "raw photos",
            raw,
            "geotagged photos",
            geotagged,
            counts(run.scan("dropped_photos"), "reason"),
        ),
        Account(
            "Splits",
            "geotagged photos",
            geotagged,
            "photos",
            photos,
            counts(run.scan("unused_photos"), "reason"),
        ),
        Account("Images", "photos", photos, "images", images, statuses),
    )


def _rows(run: Run, asset: str) -> int:
    return sum(record.rows or 0 for record in run.records(asset))


def counts(rows: pl.LazyFrame, column: str) -> dict[str, int]:
    """Rows by value of a column, most frequent first; beyond eight values the rest is counted together."""
    found = (
        rows.group_by(column).agg(count=pl.len()).sort("count", column, descending=[True, False]).collect().iter_rows()
    )
    ordered = list(found)
    shown = dict(ordered[:_MOST_REASONS])
    rest = sum(count for _, count in ordered[_MOST_REASONS:])
    if rest:
        shown["other reasons"] = rest
    return shown
