"""Step `photos`: a shard's photos with vocabulary hashtags, split, and the ones left out with a reason."""

from assets.base.run import Run
from assets.base.show import picture
from assets.base.step import Reads, step
from assets.splits.checks import no_lost_duplicates, photos_add_up, splits_disjoint, tag_ids_in_vocabulary
from assets.splits.figures import photo_map
from assets.splits.select import select_photos


@step(
    stage="splits",
    outputs=("photos", "unused_photos"),
    by="shard",
    reads=(Reads("geotagged_photos"), Reads("vocabulary"), Reads("duplicate_photos", sliced=True)),
    profile=("splits",),
    code_version="2",
    kinds={"polars", "parquet"},
    checks=(photos_add_up, splits_disjoint, tag_ids_in_vocabulary, no_lost_duplicates),
)
def photos(run: Run) -> None:
    """Photos with vocabulary hashtags in train, validation and test; the others with a reason."""
    assert run.partition is not None
    selection = select_photos(
        run.table("geotagged_photos"),
        run.table("vocabulary"),
        run.table("duplicate_photos"),
        run.partition,
        run.profile.splits,
    )
    for split, table in selection.photos.items():
        run.write("photos", table, split=split)
    run.write("unused_photos", selection.unused)

    counts = selection.counts()
    if run.profile.splits.split_by == "user" and selection.without_user:
        run.log.warning(
            "%s photos of shard %s have no user and stay in train, since the split is by user",
            selection.without_user,
            run.partition,
        )
    run.facts.update(counts)
    run.note(
        "photos",
        {
            **{split: counts[split] for split in selection.photos},
            "without user": selection.without_user,
            "map": picture(photo_map(selection.photos), "Where the photos of each split were taken"),
        },
    )
    run.note(
        "unused_photos",
        {reason: count for reason, count in counts.items() if reason not in selection.photos},
    )
