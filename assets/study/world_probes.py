"""What pixels tell of the sample world: linear probes for continent, concept and city on an embedding trained for it.

The embedding is MCC's network, told the plan's truth instead of hashtags: the classifier's rows of the continents, of
the concepts and of the cities are the three probes. It learns from the training photos; the test photos, which it
then reads, choose nothing. No model that is judged ever sees the truth.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import torch

from assets.base.profiles.sections.world import WorldConfig
from assets.base.storage import Storage
from assets.embeddings.learn import LearningData, learn
from assets.images.read import read_images
from assets.ingestion.world.plan import draw_plan
from assets.ingestion.world.rows import Row
from models.devices import choose_device
from models.embedding_config import MccConfig
from models.extract import extract
from models.metrics import Bools

Ids = npt.NDArray[np.int64]

PROBES: Mapping[str, Callable[[Row], str]] = {
    "continent": lambda row: row.album.city.continent,
    "concept": lambda row: row.album.concept.word,
    "city": lambda row: row.album.city.tag,
}
"""What is read from a photo. The concept is the album's, though some photos do not show it."""


@dataclass(frozen=True)
class Truth:
    """What the photos of a world were made to show.

    Attributes:
        photo_ids: int64 [N], ascending.
        classes: int64 [N, probes], numbered over all probes: those of one probe follow those of another.
        sizes: Number of classes of each of `PROBES`.
    """

    photo_ids: Ids
    classes: Ids
    sizes: tuple[int, ...]

    def of(self, photo_ids: Ids) -> Ids:
        """Classes int64 [n, probes] of photos.

        Raises:
            ValueError: A photo is not of this world.
        """
        at = np.searchsorted(self.photo_ids, photo_ids).clip(max=len(self.photo_ids) - 1)
        strange = photo_ids[self.photo_ids[at] != photo_ids]
        if len(strange):
            raise ValueError(f"photo {strange[0]}: expected a photo of the world that was planned, found none")
        return np.asarray(self.classes[at])


def world_truth(config: WorldConfig) -> Truth:
    """What each photo of a world was made to show, from its plan."""
    rows = sorted(draw_plan(config, Path("/images")).rows, key=lambda row: row.photo_id)
    columns: list[Ids] = []
    sizes: list[int] = []
    for told in PROBES.values():
        names, numbers = np.unique([told(row) for row in rows], return_inverse=True)
        columns.append(numbers.astype(np.int64) + sum(sizes))
        sizes.append(len(names))
    return Truth(np.array([row.photo_id for row in rows]), np.stack(columns, axis=1), tuple(sizes))


def probe(
    storage: Storage,
    images: Sequence[str],
    photo_ids: Mapping[str, Ids],
    truth: Truth,
    config: MccConfig,
    scratch: Path,
    device: str,
    log: logging.Logger,
) -> pl.DataFrame:
    """Train an embedding with its probes, and read the test photos.

    Args:
        storage: Where the images are.
        images: Files of the table `images`.
        photo_ids: Photos of `train`, `validation` and `test`.
        truth: What they show.
        config: The network and its training.
        scratch: Local folder of this training.
        device: auto, cpu or cuda.
        log: Told how it goes.

    Returns:
        `photo_id` of each test photo with an image, ascending, and for each of `PROBES` whether it was read rightly.

    Raises:
        NoTrainingPhotoError: No training photo has an image.
        TrainingDivergedError: The loss is NaN or explodes.
    """
    data = LearningData(
        storage,
        list(images),
        _labelled(photo_ids["train"], truth),
        _labelled(photo_ids["validation"], truth),
        vocabulary_size=sum(truth.sizes),
    )
    model = learn(data, config, np.inf, scratch, device, log).model.to(choose_device(device))
    found, pixels = read_images(storage, images, config.image_side, only=photo_ids["test"])
    rows, biases = (part.cpu().float() for part in model.tag_embeddings())
    scores = torch.from_numpy(extract(model, pixels)).float() @ rows.T + biases
    true = truth.of(found)
    right: dict[str, Bools] = {}
    first = 0
    for column, (name, size) in enumerate(zip(PROBES, truth.sizes, strict=True)):
        read = first + scores[:, first : first + size].argmax(dim=1).numpy()
        right[name] = read == true[:, column]
        first += size
    return pl.DataFrame({"photo_id": found, **right}).sort("photo_id")


def _labelled(photo_ids: Ids, truth: Truth) -> pa.Table:
    """Photos with their classes where others have hashtags."""
    labels = pa.array(truth.of(photo_ids).tolist(), pa.list_(pa.int64()))
    return pa.table({"photo_id": pa.array(photo_ids, pa.int64()), "tag_ids": labels})
