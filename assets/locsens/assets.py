"""Step `locsens_model`: one LocSens network for each variant of the paper."""

from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.show import picture
from assets.base.step import Reads, step
from assets.base.workspace import Workspace
from assets.embeddings.given_weights import initial_weights, weights_input
from assets.locsens.checks import locsens_loss_went_down, locsens_weights_are_finite


def _starts_from(workspace: Workspace, partition: str | None) -> list[Input]:
    assert partition is not None
    return weights_input(workspace, "locsens_model", partition, initial_weights(workspace.profile, partition))


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
    code_version="5",
    kinds={"pytorch", "pytorchlightning"},
    checks=(locsens_weights_are_finite, locsens_loss_went_down),
    outside=_starts_from,
    pinned=True,
    pool="gpu",
)
def locsens_model(run: Run) -> None:
    """A network that scores how well an image, a hashtag and a place go together, trained from scratch."""
    from assets.base.events import publish_events
    from assets.base.launch import trained
    from assets.locsens.figures import training_curve
    from assets.locsens.learn import model_files
    from assets.locsens.train import train

    assert run.partition is not None
    config = run.profile.locsens[run.partition]
    learnt, training, validation = trained(run, train)
    for name, content in model_files(learnt):
        with run.create("locsens_model", name) as sink:
            sink.write(content)
    publish_events(run, "locsens_model")
    counts = {
        "steps": int(learnt.curve.last()["step"]),
        "weights after step": learnt.curve.kept_step,
        "training photos": len(training),
        "validation photos": len(validation),
        "photos without an embedding": training.without_embedding + validation.without_embedding,
        "weights": sum(weight.numel() for weight in learnt.task.module.parameters()),
    }
    last = {name.replace("_", " "): value for name, value in learnt.curve.kept().items() if name != "step"}
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
