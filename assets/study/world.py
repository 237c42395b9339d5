"""Step `world_properties`: whether the sample world is what it was made to be."""

from assets.base.run import Run
from assets.base.show import markdown_table, picture
from assets.base.step import NotRun, Reads, step
from assets.ingestion.sources import parse_source
from assets.splits.split import SPLITS
from assets.study import world_checks
from assets.study.world_figures import properties_figure

_READ = (
    "raw_photos",
    "rejected_rows",
    "dropped_photos",
    "geotagged_photos",
    "duplicate_photos",
    "skipped_tags",
    "vocabulary",
    "unused_photos",
    "photos",
    "image_status",
    "images",
)


@step(
    stage="study",
    outputs=("world_properties",),
    reads=tuple(Reads(asset) for asset in _READ),
    profile=("world", "embeddings.mcc", "evaluation"),
    kinds={"pytorch", "polars", "parquet"},
    checks=world_checks.ALL,
    pool="gpu",
    pinned=True,
    on_request=True,
)
def world_properties(run: Run) -> None:
    """What the sample world's pixels, hashtags, people and places tell, beside what they were made to tell."""
    if not parse_source(run.settings.source).is_sample:
        raise NotRun("only the sample world knows what its photos were made to show; these are no photos of it")
    from assets.study.world_measure import measure, photos_with_image, split_photos
    from assets.study.world_probes import probe, world_truth

    photos = photos_with_image(run)
    by_split = {split: photos.filter(split=split)["photo_id"].to_numpy() for split in SPLITS}
    if not (len(by_split["train"]) and len(by_split["test"])):
        raise NotRun(f"training and test photos with an image are needed, found {photos.height} photos with an image")
    read = probe(
        run.storage,
        run.files("images"),
        by_split,
        world_truth(run.profile.world),
        run.profile.embeddings.mcc,
        run.scratch,
        run.settings.device,
        run.log,
    )
    properties = measure(run, split_photos(photos), read)
    run.write("world_properties", properties)
    run.note(
        "world_properties",
        {
            "properties": markdown_table(properties.columns, properties.rows()),
            "figure": picture(properties_figure(properties), "Properties of the sample world, each over its range"),
        },
    )
