"""What every process of an embedding model's training does: read photos, images and word vectors, and learn."""

from assets.base.run import Run
from assets.base.step import NotRun
from assets.embeddings.learn import LearningData, LearntModel, NoTrainingPhotoError, learn


def train(run: Run) -> LearntModel:
    """Trains the run's method in its scratch.

    Args:
        run: Of the step `embedding_model`.

    Raises:
        NotRun: There is nothing to learn from.
    """
    assert run.partition is not None
    config, columns = run.profile.embeddings.of(run.partition), ["photo_id", "tag_ids"]
    data = LearningData(
        storage=run.storage,
        images=run.files("images"),
        train=run.table("photos", columns, folder="split=train"),
        validation=run.table("photos", columns, folder="split=validation"),
        vocabulary_size=run.table("vocabulary", ["tag_id"]).num_rows,
        words=run.table("word_vectors") if config.method == "her" else None,
    )
    memory, device = run.profile.embeddings.memory_gib, run.settings.device
    try:
        return learn(data, config, memory, run.scratch, device, run.log, run.devices)
    except NoTrainingPhotoError as error:
        raise NotRun(str(error)) from error
