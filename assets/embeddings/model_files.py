"""The files of a published embedding model: `weights.safetensors`, `config.json`, `curve.parquet`.

`config.json` holds the architecture, all that is needed to use the weights, and how they were trained.
"""

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field

from assets.base.storage import Storage
from models.config import FrozenConfig
from models.embedding import EmbeddingArchitecture, EmbeddingModel
from models.embedding_config import HerConfig, MccConfig, MlcConfig
from models.weights import dump_config, dump_weights, load_config, load_weights

WEIGHTS, CONFIG, CURVE = "weights.safetensors", "config.json", "curve.parquet"


class ModelCard(FrozenConfig):
    """What `config.json` holds."""

    architecture: EmbeddingArchitecture = Field(description="What the weights belong to.")
    training: MccConfig | MlcConfig | HerConfig = Field(discriminator="method", description="How they were trained.")
    training_photos: int = Field(description="Photos that were learnt from.")
    validation_photos: int = Field(description="Photos that metrics were taken on.")


class MissingModelError(RuntimeError):
    """An embedding model's files are not there."""


def file_named(files: Sequence[str], name: str) -> str:
    """The file of a model with that name.

    Raises:
        MissingModelError: There is none.
    """
    found = [file for file in files if file.rsplit("/", 1)[-1] == name]
    if len(found) != 1:
        raise MissingModelError(f"embedding model: expected one file {name}, found {len(found)} in {files}")
    return found[0]


def load_embedding_model(storage: Storage, files: Sequence[str]) -> EmbeddingModel:
    """Rebuild a published network, on the CPU and in eval mode.

    Args:
        storage: Where it is published.
        files: Its files, relative to the storage.

    Raises:
        MissingModelError: A file is not there.
        UnusableWeightsError: The weights are broken or do not fit.
    """
    card = load_config(ModelCard, storage.read_bytes(file_named(files, CONFIG)))
    weights = file_named(files, WEIGHTS)
    model = EmbeddingModel(card.architecture)
    load_weights(model, storage.read_bytes(weights), weights)
    model.eval()
    return model


def embedding_model_files(model: EmbeddingModel, card: ModelCard, curve: pa.Table) -> dict[str, bytes]:
    """The files of a trained model by name, the weights last.

    Raises:
        UnusableWeightsError: A weight is NaN or infinite.
    """
    buffer = io.BytesIO()
    pq.write_table(curve, buffer, compression="zstd")
    return {CURVE: buffer.getvalue(), CONFIG: dump_config(card), WEIGHTS: dump_weights(model)}
