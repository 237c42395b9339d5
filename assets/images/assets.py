"""The stage `images`: every wanted photo's image, and what became of those that have none."""

import hashlib
from collections import Counter

import numpy as np
import polars as pl

from assets.base.freshness import RETRYABLE
from assets.base.progress import shown
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.show import Picture, markdown_table, picture
from assets.base.step import Reads, step
from assets.base.workspace import Workspace
from assets.images.checks import (
    every_dimension_adds_up,
    every_photo_has_one_status,
    few_images_failed_for_now,
    images_are_those_with_status_ok,
    stored_images_decode,
)
from assets.images.collect import Collected, collect_images, sizes_of
from assets.images.figures import alive, contact_sheet
from assets.images.locate import Locator
from assets.images.outcome import STATUSES, Failure, words
from assets.images.parts import Parts
from assets.images.plan import Wanted
from assets.images.survivorship import COUNTS, PHOTO_COLUMNS, SHOWN_BY, count_shard, survivorship, to_show

SHOWN = 16
"""Pictures of a contact sheet, and values of a dimension of survivorship."""


def where_pixels_come_from(workspace: Workspace, _: str | None) -> list[Input]:
    """The setting `LOCSENS_IMAGES` as an input: with another, what was not found is a new question."""
    version = hashlib.sha256(workspace.settings.images.encode()).hexdigest()[:16]
    return [Input("LOCSENS_IMAGES", None, version)]


@step(
    stage="images",
    outputs=("images", "image_status"),
    by="shard",
    reads=(Reads("photos"),),
    profile=("images",),
    code_version="1",
    kinds={"python", "parquet"},
    checks=(
        every_photo_has_one_status,
        images_are_those_with_status_ok,
        stored_images_decode,
        few_images_failed_for_now,
    ),
    pool="downloads",
    outside=where_pixels_come_from,
)
def images(run: Run) -> None:
    """Fetch, check, decode, resize and keep the image of every photo of the splits; say what became of each.

    Goes on where an earlier run stopped: what is in a finished part is never fetched again, and a permanent
    failure never asked for again.
    """
    wanted = wanted_photos(run)
    parts = Parts(
        run.storage,
        run.folder("images"),
        run.folder("image_status"),
        sizes_of(run.profile.images),
        run.log,
    )
    with shown(f"images of {run.partition}", run.log, "images") as report:

        def progress(done: int, total: int, counts: Counter[str]) -> None:
            report(done, total, words(counts))

        collected = collect_images(wanted, parts, run.profile.images, progress)
    for image_file, status_file in collected.files:
        run.adopt("images", image_file)
        run.adopt("image_status", status_file)
    run.facts.update({status: collected.counts[status] for status in STATUSES})
    run.facts[RETRYABLE] = collected.retryable
    _tell(run, collected)
    _show(run, collected)


@step(
    stage="images",
    outputs=("image_survivorship",),
    # optional: a shard that cannot be had yet is no reason to know nothing of the others
    reads=(Reads("photos", optional=True), Reads("image_status", optional=True)),
    code_version="1",
    kinds={"polars", "parquet"},
    checks=(every_dimension_adds_up,),
)
def image_survivorship(run: Run) -> None:
    """Which images are still there: by the year a photo was taken, by continent and by licence."""
    with_status = {record.partition for record in run.records("image_status")}
    shards = [record.partition for record in run.records("photos") if record.partition in with_status]
    table = survivorship(
        count_shard(run.frame("photos", PHOTO_COLUMNS, shard), run.frame("image_status", ["photo_id", "status"], shard))
        for shard in shards
    )
    run.write("image_survivorship", table)
    without = len(run.records("photos")) - len(shards)
    if without:
        run.log.warning("%d of %d shards have no images yet and are not counted", without, without + len(shards))
    run.note("image_survivorship", {"shards counted": len(shards), "shards without images yet": without})
    for dimension, title in SHOWN_BY.items():
        rows = to_show(table, dimension, SHOWN)
        if rows.height:
            counts = rows.select("value", *COUNTS, pl.col("share_ok")).rows()
            run.note(
                "image_survivorship",
                {
                    title: markdown_table((title.removeprefix("by "), *COUNTS, "share ok"), counts),
                    f"{title}, drawn": picture(alive(rows, title), f"What became of the wanted images, {title}"),
                },
            )
    whole = table.filter(pl.col("dimension") == "all")
    if whole.height:
        run.note("image_survivorship", {"share_ok": whole["share_ok"].item(), "wanted": whole["wanted"].item()})


def wanted_photos(run: Run) -> list[Wanted]:
    """The shard's photos in order of their ids, each with where its image is."""
    locator = Locator(run.settings.images, run.settings.source)
    missing_root = locator.missing_root()
    photos = run.table("photos", ["photo_id", "hash", "download_url"]).sort_by("photo_id")
    if missing_root is not None:
        problem = Failure("transient", f"not asked: LOCSENS_IMAGES leads to {missing_root}, which is no folder")
        return [Wanted(photo_id, problem) for photo_id in photos.column("photo_id").to_pylist()]
    columns = (photos.column(name).to_pylist() for name in ("photo_id", "hash", "download_url"))
    return [
        Wanted(photo_id, locator.locate(photo_id, photo_hash, url))
        for photo_id, photo_hash, url in zip(*columns, strict=True)
    ]


def _tell(run: Run, collected: Collected) -> None:
    total = collected.counts.total()
    run.log.info(
        "%d images asked for, %d known from earlier runs; now %s",
        collected.asked,
        collected.kept,
        words(collected.counts),
    )
    if total and not collected.counts["ok"]:
        run.log.warning("none of the %d photos has an image: %s", total, words(collected.counts))


def _show(run: Run, collected: Collected) -> None:
    total = collected.counts.total()
    rows = [(status, collected.counts[status]) for status in STATUSES]
    run.note("images", {"bytes": sum(file.bytes for file, _ in collected.files)})
    sheet = _some_jpegs(run, [file.path for file, _ in collected.files if file.rows])
    if sheet:
        run.note("images", {"some_images": Picture(contact_sheet(sheet), "Some of the images")})
    run.note(
        "image_status",
        {
            "statuses": markdown_table(("status", "photos"), rows),
            "share_ok": collected.counts["ok"] / total if total else 0.0,
            "asked_for_now": collected.asked,
            "known_from_earlier_runs": collected.kept,
            "no_longer_wanted": collected.surplus,
            "may_be_asked_again": collected.retryable,
            "bytes_fetched_now": collected.bytes_fetched,
            "what_went_wrong": markdown_table(("photos", "what went wrong, for example"), _examples(run)),
        },
    )


def _some_jpegs(run: Run, files: list[str]) -> list[bytes]:
    if not files:
        return []
    table = run.storage.read_table(files[len(files) // 2], ["jpeg"])
    rows = np.unique(np.linspace(0, table.num_rows - 1, SHOWN).round().astype(int))
    return [bytes(jpeg) for jpeg in table.column("jpeg").take(rows).to_pylist()]


def _examples(run: Run, most: int = 10) -> list[tuple[int, str]]:
    """The most frequent kinds of failure, with an example of each."""
    failed = run.table("image_status", ["status", "error"]).to_pylist()
    counts: Counter[str] = Counter()
    example: dict[str, str] = {}
    for row in failed:
        if row["error"] is not None:
            kind = f"{row['status']} {row['error'].split(' from ')[0].split(' at ')[0]}"
            counts[kind] += 1
            example.setdefault(kind, f"{row['status']}: {row['error']}")
    return [(count, example[kind]) for kind, count in counts.most_common(most)]
