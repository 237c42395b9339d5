"""What is looked at before a shard's images are published."""

import io

import numpy as np
import polars as pl
from PIL import Image

from assets.base.checks import CheckResult, check
from assets.base.run import Run

LOOKED_AT = 16  # images decoded by a check
MOST_TRANSIENT = 0.05


@check(asset="image_status", blocking=True)
def every_photo_has_one_status(run: Run) -> CheckResult:
    """Every wanted photo has exactly one status; photos that are no longer wanted may keep theirs."""
    wanted = np.sort(run.table("photos", ["photo_id"]).column("photo_id").to_numpy())
    found = np.sort(run.table("image_status", ["photo_id"]).column("photo_id").to_numpy())
    missing = len(np.setdiff1d(wanted, found))
    surplus = len(np.setdiff1d(found, wanted))
    twice = len(found) - len(np.unique(found))
    return CheckResult(
        passed=not missing and not twice,
        sentence=f"{len(wanted)} wanted photos, {len(found)} statuses: {missing} photos without one, "
        f"{twice} given twice, {surplus} of photos that are no longer wanted",
        values={"wanted": len(wanted), "statuses": len(found), "no_longer_wanted": surplus},
    )


@check(asset="images", blocking=True)
def images_are_those_with_status_ok(run: Run) -> CheckResult:
    """The photos with an image are exactly those with status ok."""
    statuses = run.table("image_status", ["photo_id", "status"])
    is_ok = statuses.column("status").to_numpy() == "ok"
    ok = np.sort(statuses.column("photo_id").to_numpy()[is_ok])
    images = np.sort(run.table("images", ["photo_id"]).column("photo_id").to_numpy())
    return CheckResult(
        passed=np.array_equal(ok, images),
        sentence=f"{len(ok)} photos with status ok, {len(images)} images",
        values={"ok": len(ok), "images": len(images)},
    )


@check(asset="images", blocking=True)
def stored_images_decode(run: Run) -> CheckResult:
    """Some stored images, evenly spread, can be decoded and are no larger than they should be."""
    files = run.files("images")
    chosen = [files[index] for index in np.unique(np.linspace(0, len(files) - 1, 4).round().astype(int))]
    side = run.profile.images.short_side
    looked_at, wrong = 0, []
    for path in chosen:
        table = run.storage.read_table(path, ["photo_id", "jpeg", "width", "height"])
        rows = np.unique(np.linspace(0, table.num_rows - 1, LOOKED_AT // 4).round().astype(int))
        for row in table.take(rows).to_pylist() if table.num_rows else []:
            looked_at += 1
            try:
                with Image.open(io.BytesIO(row["jpeg"]), formats=("JPEG",)) as image:
                    image.load()
                    size = image.size
            except (OSError, SyntaxError, ValueError) as error:
                wrong.append(f"photo {row['photo_id']}: {error}")
                continue
            if size != (row["width"], row["height"]) or min(size) > side:
                wrong.append(f"photo {row['photo_id']}: {size[0]} x {size[1]}")
    return CheckResult(
        passed=not wrong,
        sentence=f"{looked_at} images looked at, {len(wrong)} wrong" + (f": {wrong[0]}" if wrong else ""),
        values={"looked_at": looked_at, "wrong": len(wrong)},
    )


@check(asset="image_status", blocking=False)
def few_images_failed_for_now(run: Run) -> CheckResult:
    """At most 5 % of the photos failed for a reason that may pass; rerun the shard if more did."""
    status = run.table("image_status", ["status"]).column("status").to_numpy()
    transient = int((status == "transient").sum())
    share = transient / len(status) if len(status) else 0.0
    return CheckResult(
        passed=share <= MOST_TRANSIENT,
        sentence=f"{transient} of {len(status)} photos failed for a reason that may pass ({share:.1%})",
        values={"transient": transient, "photos": len(status)},
    )


@check(asset="image_survivorship", blocking=True)
def every_dimension_adds_up(run: Run) -> CheckResult:
    """Every photo is counted once in every dimension, with one fate."""
    table = run.frame("image_survivorship")
    fates = table["ok"] + table["missing"] + table["transient"] + table["other"]
    totals = dict(table.group_by("dimension").agg(pl.col("wanted").sum()).iter_rows())
    wrong = int((fates != table["wanted"]).sum()) + len(set(totals.values())) - bool(totals)
    return CheckResult(
        passed=not wrong,
        sentence=", ".join(f"{name}: {count} photos" for name, count in sorted(totals.items())) or "no photos",
        values={"photos": totals.get("all", 0), "wrong": wrong},
    )
