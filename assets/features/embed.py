"""Embedding the stored images of a shard, and the embeddings of hashtags, as tables of the contract."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.images.read import iter_pixels
from models.devices import choose_device
from models.embedding import EmbeddingModel
from models.extract import extract

Item = TypeVar("Item")

ROWS = 8192
"""Most photos in one part of `image_embeddings`."""


class UnfittingModelError(ValueError):
    """An embedding model was made for another vocabulary or other word vectors."""


def image_embedding_tables(
    storage: Storage, image_files: Sequence[str], model: EmbeddingModel, device: str
) -> Iterator[pa.Table]:
    """Embed stored images in their order; while one part is embedded, the next is read and decoded.

    Args:
        storage: Where the images are.
        image_files: Files of the table `images` of one shard, relative to the storage.
        model: A trained network; it is moved to the device.
        device: auto, cpu or cuda.

    Yields:
        Tables `image_embeddings_<method>` of at most `ROWS` rows; one without rows if there is no image.

    Raises:
        StoredImageError: A stored image is damaged.
        OverflowedEmbeddingError: An embedding is not finite.
    """
    model.to(choose_device(device))
    schema = TABLES[f"image_embeddings_{model.architecture.method}"].schema(model.embedding_width)
    waiting: list[pa.Table] = []
    rows = parts = 0
    for photo_ids, pixels in ahead(iter_pixels(storage, image_files, model.architecture.image_side)):
        if waiting and rows + len(photo_ids) > ROWS:
            yield pa.concat_tables(waiting)
            parts += 1
            waiting, rows = [], 0
        columns = [pa.array(photo_ids, pa.int64()), vectors(extract(model, pixels))]
        waiting.append(pa.table(columns, schema=schema))
        rows += len(photo_ids)
    if waiting or not parts:
        yield pa.concat_tables([schema.empty_table(), *waiting])


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; the next one is made in a thread while the caller works on the last."""
    iterator = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as reader:
        end = object()
        following = reader.submit(next, iterator, end)
        while (item := following.result()) is not end:
            following = reader.submit(next, iterator, end)
            yield item  # type: ignore[misc]  # anything but `end` came out of `items`


def vectors(matrix: npt.NDArray[np.floating]) -> pa.FixedSizeListArray:
    """Rows of a matrix [N, W] as fixed-size lists of the matrix' type."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1])


def tag_embedding_table(model: EmbeddingModel, vocabulary: pa.Table, words: pa.Table | None) -> pa.Table:
    """The embeddings of hashtags: classifier rows with biases (MCC, MLC), or the word vectors (HER).

    HER's table holds the hashtags that have a word vector and no others: it can rank no other.

    Args:
        model: A trained network.
        vocabulary: Table `vocabulary`.
        words: Table `word_vectors`, for HER.

    Returns:
        Table `tag_embeddings_<method>`, by `tag_id`.

    Raises:
        UnfittingModelError: The model knows another number of hashtags, or word vectors of another width.
    """
    method = model.architecture.method
    if words is None:
        weights, biases = model.tag_embeddings()
        if len(weights) != vocabulary.num_rows:
            raise UnfittingModelError(
                f"embedding_model:{method} classifies {len(weights):,} hashtags, the vocabulary has "
                f"{vocabulary.num_rows:,}: train it anew with --refresh embedding_model:{method}"
            )
        order = np.argsort(vocabulary.column("tag_id").to_numpy())
        ids = vocabulary.column("tag_id").to_numpy()[order]
        columns = {
            "embedding": vectors(weights.numpy()[ids]),
            "bias": pa.array(biases.numpy()[ids], pa.float32()),
        }
    else:
        ids = words.column("tag_id").to_numpy()
        embeddings = words.column("vector").combine_chunks()
        width = embeddings.type.list_size
        if width != model.embedding_width:
            raise UnfittingModelError(
                f"embedding_model:{method} gives embeddings of width {model.embedding_width}, the word "
                f"vectors have {width}: train it anew with --refresh embedding_model:{method}"
            )
        columns = {"embedding": embeddings, "bias": pa.nulls(len(ids), pa.float32())}
    schema = TABLES[f"tag_embeddings_{method}"].schema(model.embedding_width)
    return pa.table({"tag_id": pa.array(ids, pa.int32()), **columns}, schema=schema)


def nearest_tags(embeddings: npt.NDArray[np.float32], rows: Sequence[int], count: int) -> npt.NDArray[np.int64]:
    """For some tags, those whose embeddings are nearest by cosine.

    Args:
        embeddings: Tag embeddings [V, W].
        rows: Tags asked for.
        count: How many neighbours.

    Returns:
        Rows [len(rows), at most count], nearest first, the tag itself left out.
    """
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.where(lengths == 0, 1, lengths)
    cosines = unit[list(rows)] @ unit.T
    cosines[np.arange(len(rows)), list(rows)] = -np.inf
    return np.argsort(-cosines, axis=1, kind="stable")[:, : min(count, len(embeddings) - 1)]
