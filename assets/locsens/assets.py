"""Step `locsens_model`: one LocSens network for each variant of the paper."""

from assets.base.run import Run
from assets.base.show import picture
from assets.base.step import NotRun, Reads, step
from assets.locsens.checks import locsens_loss_went_down, locsens_weights_are_finite


@step(
    stage="locsens",
    outputs=("locsens_model",),
    by="variant",
    reads=(
        Reads("photos"),
        Reads("image_embeddings_mcc"),
        Reads("tag_embeddings_mcc", breaking=True),
        Reads("vocabulary", breaking=True),
    ),
    profile=("locsens.{partition}",),
    code_version="3",
    kinds={"pytorch", "pytorchlightning"},
    checks=(locsens_weights_are_finite, locsens_loss_went_down),
    pinned=True,
    pool="gpu",
)
def locsens_model(run: Run) -> None:
    """A network that scores how well an image, a hashtag and a place go together, trained from scratch."""
    from assets.locsens.figures import training_curve
    from assets.locsens.learn import learn, model_files
    from assets.locsens.photo_sets import PHOTO_COLUMNS, NothingToLearnFromError, join_embeddings, tag_matrix
    from models.triplets import NoAnchorError

    assert run.partition is not None
    config = run.profile.locsens[run.partition]
    vocabulary = run.table("vocabulary", ["tag_id"]).num_rows
    training, validation = join_embeddings(
        [run.table("photos", PHOTO_COLUMNS, folder=f"split={split}") for split in ("train", "validation")],
        (run.storage.read_table(path, ["photo_id", "embedding"]) for path in run.files("image_embeddings_mcc")),
        vocabulary,
    )
    tags = tag_matrix(run.table("tag_embeddings_mcc", ["tag_id", "embedding"]), vocabulary)
    try:
        learnt = learn(config, tags, training, validation, run.scratch, run.log, run.settings.device)
    except (NothingToLearnFromError, NoAnchorError) as error:
        raise NotRun(str(error)) from error
    for name, content in model_files(learnt):
        with run.create("locsens_model", name) as sink:
            sink.write(content)
    counts = {
        "steps": config.optimisation.steps,
        "training photos": len(training),
        "validation photos": len(validation),
        "photos without an embedding": training.without_embedding + validation.without_embedding,
        "weights": sum(weight.numel() for weight in learnt.task.module.parameters()),
    }
    last = {name.replace("_", " "): value for name, value in learnt.curve.last().items() if name != "step"}
    run.facts.update(counts | last)
    title = f"{run.partition.replace('_', ', ')}, {config.optimisation.steps:,} steps"
    figure = training_curve(learnt.curve.table(), title, learnt.task.snapshots())
    run.note(
        "locsens_model",
        counts
        | last
        | {
            "seconds per step": learnt.curve.seconds_per_step,
            "task": config.task,
            "location": config.location,
            "curve": picture(figure, "Training and validation loss, and validation metrics, over steps"),
        },
    )
