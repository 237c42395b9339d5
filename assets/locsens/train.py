"""What every process of a LocSens training does: read photos and embeddings, and learn."""

from assets.base.run import Run
from assets.base.step import NotRun
from assets.locsens.learn import Learnt, learn
from assets.locsens.photo_sets import PHOTO_COLUMNS, NothingToLearnFromError, PhotoSet, join_embeddings, tag_matrix
from models.triplets import NoAnchorError


def train(run: Run) -> tuple[Learnt, PhotoSet, PhotoSet]:
    """Trains the run's variant in its scratch.

    Args:
        run: Of the step `locsens_model`.

    Returns:
        The training, and the photos that were learnt from and validated on.

    Raises:
        NotRun: There is nothing to learn from.
    """
    assert run.partition is not None
    vocabulary = run.table("vocabulary", ["tag_id"]).num_rows
    training, validation = join_embeddings(
        [run.table("photos", PHOTO_COLUMNS, folder=f"split={split}") for split in ("train", "validation")],
        (run.storage.read_table(path, ["photo_id", "embedding"]) for path in run.files("image_embeddings_mcc")),
        vocabulary,
    )
    tags = tag_matrix(run.table("tag_embeddings_mcc", ["tag_id", "embedding"]), vocabulary)
    config, device = run.profile.locsens[run.partition], run.settings.device
    try:
        learnt = learn(config, tags, training, validation, run.scratch, run.log, device, run.devices)
    except (NothingToLearnFromError, NoAnchorError) as error:
        raise NotRun(str(error)) from error
    return learnt, training, validation
