"""Training one embedding model: puts photos, pixels, word vectors, network and loop together."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from assets.base.storage import Storage
from assets.embeddings.photo_sets import locate_images
from assets.embeddings.pixels import pixels_of
from models.curves import TrainingCurve
from models.embedding import EmbeddingModel, architecture_of, new_model
from models.embedding_config import AnyEmbeddingConfig
from models.embedding_training import EmbeddingTask, WordTargets
from models.photo_sets import PhotoSet
from models.training import fit


class NoTrainingPhotoError(ValueError):
    """There is nothing to learn from."""


@dataclass(frozen=True)
class LearntModel:
    """What a training gives.

    Attributes:
        model: The trained network.
        curve: How it went.
        training_photos: Photos learnt from.
        validation_photos: Photos that metrics were taken on.
        photos_left_out: Training photos with an image of which no tag has a word vector (HER), or 0.
        photos_without_image: Training photos without an image.
        unlearnt_tags: Hashtags (HER: with a word vector) that are on no photo learnt from, ascending ids.
    """

    model: EmbeddingModel
    curve: TrainingCurve
    training_photos: int
    validation_photos: int
    photos_left_out: int
    photos_without_image: int
    unlearnt_tags: list[int]


@dataclass(frozen=True)
class LearningData:
    """What is learnt from.

    Attributes:
        storage: Where the images are.
        images: Files of the table `images`, relative to the storage.
        train: `photo_id` and `tag_ids` of the training photos.
        validation: The same of the validation photos.
        vocabulary_size: Tags in the vocabulary.
        words: Table `word_vectors`, for HER.
    """

    storage: Storage
    images: list[str]
    train: pa.Table
    validation: pa.Table
    vocabulary_size: int
    words: pa.Table | None = None


def word_targets(words: pa.Table, vocabulary_size: int) -> WordTargets:
    """Word vectors by tag id, zero for the hashtags that have none.

    Args:
        words: Table `word_vectors`.
        vocabulary_size: Tags in the vocabulary, V.
    """
    ids = torch.from_numpy(words.column("tag_id").to_numpy().astype(np.int64))
    column = words.column("vector").combine_chunks()
    found = torch.from_numpy(np.asarray(column.flatten(), dtype=np.float32).reshape(len(ids), -1).copy())
    vectors = torch.zeros(vocabulary_size, found.shape[1])
    vectors[ids] = found
    # A vector of zeros has no direction: nothing can be regressed to it.
    return WordTargets(vectors, vectors.abs().sum(dim=1) > 0)


def learn(
    data: LearningData,
    config: AnyEmbeddingConfig,
    memory_gib: float,
    scratch: Path,
    device: str,
    log: logging.Logger,
    devices: int = 1,
) -> LearntModel:
    """Train one embedding model, resuming where `scratch` holds a checkpoint.

    Args:
        data: What is learnt from.
        config: Configuration of the method.
        memory_gib: Decoded images up to this size are kept in memory.
        scratch: Local folder of this training.
        device: auto, cpu or cuda.
        log: Told how it goes.
        devices: Processes that train together, of which this is one.

    Raises:
        NoTrainingPhotoError: No training photo has an image and a tag to learn from.
        TrainingDivergedError: The loss is NaN or explodes.
    """
    words = None if data.words is None else word_targets(data.words, data.vocabulary_size)
    with_image = locate_images(data.storage, data.images, data.train)
    train = with_image if words is None else with_image.learnable(words.known)
    validation = locate_images(data.storage, data.images, data.validation)
    if words is not None:
        validation = validation.learnable(words.known)
    validation = validation.spread(config.validation_photos)
    if not len(train):
        raise NoTrainingPhotoError(
            f"{config.method.upper()}: expected training photos with an image and a tag to learn from, "
            f"found none among {data.train.num_rows:,}, {len(with_image):,} of them with an image; "
            "image_status says what became of the images"
        )
    used = torch.bincount(train.tags.values, minlength=data.vocabulary_size) > 0
    unlearnt = ~used if words is None else words.known & ~used
    sets = []
    for photos in (train, validation):
        pixels = pixels_of(data.storage, photos, config.image_side, memory_gib, config.shuffle_parts, log)
        sets.append(PhotoSet(pixels, photos.tags, photos.parts()))
    width = None if words is None else words.vectors.shape[1]
    model = new_model(architecture_of(config, data.vocabulary_size, width), config.optimisation.seed)
    task = EmbeddingTask(model, config, sets[0], sets[1], words)
    curve = fit(task, config.optimisation, scratch, log.info, device=device, devices=devices)
    return LearntModel(
        model=model.cpu(),
        curve=curve,
        training_photos=len(train),
        validation_photos=len(validation),
        photos_left_out=len(with_image) - len(train),
        photos_without_image=data.train.num_rows - len(with_image),
        unlearnt_tags=unlearnt.nonzero().flatten().tolist(),
    )
