"""The rows' accounting: from source files to images, each row counted once, with the reasons why not."""

from collections.abc import Collection

import polars as pl

from assets.base.run import Run
from assets.base.sql import quote_text
from assets.evaluation.report.data import Account
from assets.evaluation.report.sql import Query, one_row
from assets.ingestion.discovery import limit_reached

_MOST_REASONS = 8
_OTHERS, _TAKEN_DOWN = "other reasons", "taken_down"
_COUNT = {"photos": "count(*)"}
_STATUSES = "image_status SEMI JOIN photos USING (photo_id)"
_SOURCES = {
    "Reading": (
        one_row({"photos": "sum(rows)"}, "source_files"),
        one_row(_COUNT, "raw_photos"),
        "rejected_rows",
        "reason",
    ),
    "Filters": (one_row(_COUNT, "raw_photos"), one_row(_COUNT, "geotagged_photos"), "dropped_photos", "reason"),
    "Splits": (one_row(_COUNT, "geotagged_photos"), one_row(_COUNT, "photos"), "unused_photos", "reason"),
    "Images": (one_row(_COUNT, "photos"), one_row(_COUNT, _STATUSES, {"status": "ok"}), _STATUSES, "status"),
}
"""Step → queries of what came in and what stayed, and where the others are with which reason."""


def accounts(run: Run) -> tuple[Account, ...]:
    """What became of every row, step by step.

    Args:
        run: Reads `source_files`, `rejected_rows`, `raw_photos`, `dropped_photos`, `geotagged_photos`,
            `unused_photos`, `photos` and `image_status`; of the large ones the records only.
    """
    read, taken_down = run.scan("source_files").select(pl.col("rows", "taken_down").sum()).collect().row(0)
    in_part = any(limit_reached(record) for record in run.records("source_files"))
    raw, geotagged, photos = (run.rows(asset) for asset in ("raw_photos", "geotagged_photos", "photos"))
    wanted_only = run.scan("photos").select("photo_id")  # statuses of photos that were wanted once stay
    statuses = counts(run.scan("image_status").join(wanted_only, on="photo_id", how="semi"), "status")
    images = statuses.pop("ok", 0)
    lines = (
        ("Reading", "first rows of the source files" if in_part else "rows in the source files", "raw photos"),
        ("Filters", "raw photos", "geotagged photos"),
        ("Splits", "geotagged photos", "photos"),
        ("Images", "photos", "images"),
    )
    totals, kept = (read, raw, geotagged, photos), (raw, geotagged, photos, images)
    reasons = (
        counts(run.scan("rejected_rows"), "reason") | ({_TAKEN_DOWN: taken_down} if taken_down else {}),
        counts(run.scan("dropped_photos"), "reason"),
        counts(run.scan("unused_photos"), "reason"),
        statuses,
    )
    return tuple(
        Account(title, unit, total, kept_as, stayed, left, queries_of(title, unit, kept_as, left))
        for (title, unit, kept_as), total, stayed, left in zip(lines, totals, kept, reasons, strict=True)
    )


def queries_of(title: str, unit: str, kept_as: str, reasons: Collection[str]) -> dict[str, Query]:
    """`total`, `kept` and each reason of a step of the accounting → the query that gives its number."""
    total, kept, left, why = _SOURCES[title]
    told = ", ".join(quote_text(reason) for reason in reasons if reason not in (_OTHERS, _TAKEN_DOWN))
    found = {"total": (unit, total), "kept": (kept_as, kept)}
    for reason in reasons:
        if reason == _TAKEN_DOWN:
            found[reason] = (reason, one_row({"photos": "sum(taken_down)"}, "source_files"))
        elif reason == _OTHERS:
            # The kept ones of `image_status` are no reason, and not among those told.
            found[reason] = (reason, one_row(_COUNT, f"(FROM {left} WHERE {why} NOT IN ({told}, 'ok'))"))
        else:
            found[reason] = (reason, one_row(_COUNT, left, {why: reason}))
    return {
        name: Query(f"account-{title.lower()}-{number}", f"{title}: {about}".replace("_", " "), sql)
        for number, (name, (about, sql)) in enumerate(found.items())
    }


def counts(rows: pl.LazyFrame, column: str) -> dict[str, int]:
    """Rows by value of a column, most frequent first; beyond eight values the rest is counted together."""
    found = (
        rows.group_by(column).agg(count=pl.len()).sort("count", column, descending=[True, False]).collect().iter_rows()
    )
    ordered = list(found)
    shown = dict(ordered[:_MOST_REASONS])
    rest = sum(count for _, count in ordered[_MOST_REASONS:])
    if rest:
        shown[_OTHERS] = rest
    return shown
