"""Fills in the ledger of a planned world: what the pipeline must find in it."""

from collections import Counter
from pathlib import Path

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world import defects
from assets.ingestion.world.concepts import EMPTY_WORDS
from assets.ingestion.world.ledger import Defect, FileCount, Ledger
from assets.ingestion.world.plan import At, Plan
from assets.ingestion.world.rows import Row
from assets.ingestion.world.tags import MOST_TAGS, normalised
from assets.ingestion.world.vectors import vocabulary_words

SKIPPED_TAGS = 10


def account(config: WorldConfig, folder: Path, plan: Plan) -> Ledger:
    """The ledger of a planned world.

    Args:
        config: The world.
        folder: Where it will lie.
        plan: Its rows and where they are.

    Raises:
        RuntimeError: The generator broke its own rules: the empty words are not the most frequent
        hashtags, or a row has
            another number of vocabulary hashtags than its defect, or the lack of one, says.
    """
    found = [_no_location(plan), *(_of_kind(kind, plan) for kind in defects.KINDS), *_others(plan)]
    dropped = Counter[str]()
    for defect in found:
        if defect.table == "dropped_photos":
            dropped[defect.reason] += defect.count
    gone = {i for d in found if d.table == "dropped_photos" and d.name != "duplicate_in_shard" for i in d.photo_ids}
    geotagged = [row for row in plan.rows if row.photo_id not in gone]
    skipped, vocabulary = _vocabulary(geotagged, [row.photo_id for row in plan.elsewhere])
    unused = Counter({d.reason: d.count for d in found if d.table == "unused_photos"})
    photos = len(geotagged) + len(plan.elsewhere) - unused.total()
    odd = {i for d in found if d.table == "unused_photos" and d.reason != "duplicate" for i in d.photo_ids}
    _check_tags(geotagged, odd, vocabulary)
    images = Counter({d.reason: 0 for d in found if d.table == "image_status"})
    for defect in found:
        if defect.table == "image_status" and defect.reason != "ok":
            images[defect.reason] += defect.count
    images["ok"] = photos - images.total()
    malformed_in = Counter(file for file, _ in plan.malformed)
    return Ledger(
        digest=config.digest,
        folder=str(folder),
        files={n: FileCount(rows=len(lines), rejected=malformed_in[n]) for n, lines in plan.files.items()},
        defects=found,
        dropped=dict(sorted(dropped.items())),
        geotagged=len(geotagged) + len(plan.elsewhere),
        duplicates=len(plan.elsewhere),
        unused=dict(sorted(unused.items())),
        photos=photos,
        images=dict(sorted(images.items())),
        skipped_tags=skipped,
        vocabulary=len(vocabulary),
    )


def _defect(
    name: str,
    table: str,
    reason: str,
    plan: Plan,
    rows: list[Row],
    *,
    which: int = 0,
    detectable: bool = True,
) -> Defect:
    """A defect of some rows; of an id that is found twice, the line number `which` is meant."""
    at = sorted((plan.where[row.photo_id][which], row.photo_id) for row in rows)
    return Defect.model_validate(
        {
            "name": name,
            "detectable": detectable,
            "table": table,
            "reason": reason,
            "count": len(rows),
            "photo_ids": [photo_id for _, photo_id in at],
            "lines": [place for place, _ in at],
        }
    )


def _no_location(plan: Plan) -> Defect:
    return _defect("no_location", "dropped_photos", "no_location", plan, plan.damaged["no_location"])


def _of_kind(kind: defects.Kind, plan: Plan) -> Defect:
    rows = plan.damaged[kind.name]
    return _defect(kind.name, kind.table, kind.reason, plan, rows, detectable=kind.detectable)


def _others(plan: Plan) -> list[Defect]:
    malformed: list[At] = sorted(plan.malformed)
    return [
        _defect("duplicate_in_shard", "dropped_photos", "duplicate", plan, plan.twice, which=1),
        _defect("duplicate_across_files", "unused_photos", "duplicate", plan, plan.elsewhere, which=1),
        _defect("image_identical", "image_status", "ok", plan, plan.damaged["image_identical"]),
        Defect(
            name="malformed_row",
            detectable=True,
            table="rejected_rows",
            reason="",
            count=len(malformed),
            lines=malformed,
        ),
    ]


def _vocabulary(geotagged: list[Row], twice: list[int]) -> tuple[list[str], set[str]]:
    """The ten most frequent hashtags, and all others that have a word vector and no digit."""
    known = vocabulary_words()
    counts = Counter[str]()
    for row in geotagged:
        times = 2 if row.photo_id in twice else 1
        for tag in {normalised(tag) for tag in row.tags}:
            if tag in known:
                counts[tag] += times
    skipped = sorted(counts, key=lambda tag: (-counts[tag], tag))[:SKIPPED_TAGS]
    if set(skipped) != set(EMPTY_WORDS):
        raise RuntimeError(f"the most frequent hashtags should be the empty words, found {', '.join(skipped)}")
    return skipped, set(counts) - set(skipped)


def _check_tags(geotagged: list[Row], unused: set[int], vocabulary: set[str]) -> None:
    """Stop if a row's hashtags say anything else than its defect."""
    for row in geotagged:
        tags = {normalised(tag) for tag in row.tags} & vocabulary
        if (1 <= len(tags) <= MOST_TAGS) == (row.photo_id in unused):
            raise RuntimeError(f"photo {row.photo_id} has {len(tags)} vocabulary hashtags: {', '.join(sorted(tags))}")
