"""The embedding models of a seed, trained as the collection's own are, and what they make of images and hashtags."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from assets.base.run import Run
from assets.base.storage import Storage
from assets.embeddings.learn import LearningData, learn
from assets.features.embed import image_embedding_tables, tag_embedding_table
from assets.study.folder import SeedFolder
from assets.study.plan import EMBEDDINGS, Split
from assets.study.runs import run_row, write_row
from assets.study.setting import Setting


@dataclass(frozen=True)
class Embeddings:
    """The embeddings of a split, as scorers read published ones.

    Attributes:
        storage: Where they lie.
        folder: The seed's finished work.
        split: Whose models made them.
    """

    storage: Storage
    folder: SeedFolder
    split: Split

    def files(self, asset: str, partition: str | None = None) -> list[str]:
        """Files of an asset such as `image_embeddings_mcc`, relative to the storage."""
        del partition  # the seed's embeddings are of all photos at once
        return [
            path for method in EMBEDDINGS[self.split] for path in self.folder.files(work_key(method, self.split), asset)
        ]


def work_key(method: str, split: Split) -> str:
    """Name of an embedding model among a seed's pieces of work."""
    return method if split == "photo" else f"{method}_users_apart"


def embed(run: Run, seed: int, setting: Setting, method: str, folder: SeedFolder) -> Path | None:
    """Trains one model and embeds everything, unless that is done already.

    Args:
        run: Reads images, vocabulary and word vectors.
        seed: Seed of the training.
        setting: Whom it learns from.
        method: mcc, mlc or her.
        folder: Where it is kept.

    Returns:
        The folder of the finished work; None for HER without word vectors.

    Raises:
        NoTrainingPhotoError: There is nothing to learn from.
    """
    words = run.table("word_vectors") if method == "her" else None
    if words is not None and not words.num_rows:
        return None
    key = work_key(method, setting.split)
    config = run.profile.embeddings.of(method)
    config = config.model_copy(update={"optimisation": config.optimisation.model_copy(update={"seed": seed})})
    vocabulary = run.table("vocabulary", ["tag_id", "tag"])
    data = LearningData(
        storage=run.storage,
        images=run.files("images"),
        train=setting.train,
        validation=setting.validation,
        vocabulary_size=vocabulary.num_rows,
        words=words,
    )

    def make(made: Path) -> None:
        learnt = learn(
            data, config, run.profile.embeddings.memory_gib, folder.checkpoints(key), run.settings.device, run.log
        )
        storage = Storage(str(made))
        tables = image_embedding_tables(run.storage, run.files("images"), learnt.model, run.settings.device)
        for part, table in enumerate(tables):
            storage.write_table(f"image_embeddings_{method}/part-{part}.parquet", table)
        tags: pa.Table = tag_embedding_table(learnt.model.cpu(), vocabulary, words)
        storage.write_table(f"tag_embeddings_{method}/part-0.parquet", tags)
        weights = sum(weight.numel() for weight in learnt.model.parameters())
        row = run_row(key, setting.split, config, config.optimisation, weights, learnt.training_photos, learnt.curve)
        write_row(made, row)

    return folder.once(key, make)
