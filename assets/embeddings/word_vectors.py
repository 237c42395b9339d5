"""The word vectors that HER regresses to: a file of word vectors, restricted to the vocabulary.

How such files are written is known to `assets.base.word_vector_file`.
"""

import numpy as np
import pyarrow as pa

from assets.base.tables.embeddings import WORD_VECTORS
from assets.base.urls import public_url
from assets.base.word_vector_file import WordVectorError, word_key, word_vector_lines


def read_word_vectors(url: str, vocabulary: pa.Table) -> pa.Table:
    """The vectors of the vocabulary's hashtags.

    A file may hold a word in several spellings ("Paris", "paris"): the one written as the hashtag wins, else
    the first in the file, which is the more frequent one in word2vec's and GloVe's order.

    Args:
        url: Path or fsspec URL of a word2vec or GloVe text file, plain or gzip.
        vocabulary: Table `vocabulary`.

    Returns:
        Table `word_vectors`, by `tag_id`, with vectors of fixed width; hashtags without a vector have no row.

    Raises:
        WordVectorError: The file is none of word vectors, a wanted line holds something else than finite
            numbers, or no hashtag has a vector.
    """
    tags = vocabulary.column("tag").to_pylist()
    tag_ids = dict(zip(tags, vocabulary.column("tag_id").to_pylist(), strict=True))
    vectors: dict[str, np.ndarray] = {}
    exact: set[str] = set()
    for line in word_vector_lines(url):
        tag = word_key(line.word)
        if tag not in tag_ids or tag in exact:
            continue
        if line.word == tag:
            exact.add(tag)
        elif tag in vectors:
            continue
        vectors[tag] = line.vector()
    if not vectors:
        raise WordVectorError(
            f"word vectors {public_url(url)}: expected words of the vocabulary, found none of its {len(tags)} hashtags"
        )
    found = sorted(vectors, key=tag_ids.__getitem__)
    stacked = np.stack([vectors[tag] for tag in found])
    width = stacked.shape[1]
    return pa.table(
        {
            "tag_id": pa.array([tag_ids[tag] for tag in found], pa.int32()),
            "tag": pa.array(found, pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(stacked.reshape(-1)), width),
        },
        schema=WORD_VECTORS.schema(width),
    )
