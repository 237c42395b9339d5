"""Memory of the vocabulary's two merges, and of reading words, on made-up input of YFCC100M's size, each in a process.

Hashtags and users are drawn with frequencies that fall as one over the rank; most of a user's hashtags are those that
the same user has on other photos.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.word_vector_file import read_words
from assets.vocabulary.build import build_vocabulary
from assets.vocabulary.users import count_users
from benchmarks.report import Measured, say
from benchmarks.timing import in_a_child, print_figures

MEMORY_MB = 1_500.0
HASHTAGS = 10_000_000
COUNT_SHARDS, ROWS_OF_SHARD = 100, 200_000
USERS = 600_000
VOCABULARY = 100_000
PHOTO_SHARDS, PHOTOS_OF_SHARD = 100, 100_000
TAGS_OF_PHOTO = 4.25
"""Vocabulary hashtags of a photo (paper, data)."""
FAVOURITES = 30
WORDS = 2_200_000
"""Words of GloVe's file of 840 billion tokens."""


def measure(work: Path) -> Iterator[Measured]:
    """Memory of the vocabulary."""
    words = work / f"words-{WORDS}.txt"
    if not words.exists():
        words.write_text("".join(f"{name} 1 2 3\n" for name in _names(np.arange(WORDS))))
    for what, argument in (("tag_counts → vocabulary", ""), ("users of each hashtag", ""), ("words", str(words))):
        say(f"memory of {what} in a process of its own")
        figures = in_a_child("benchmarks.vocabulary", what, argument)
        peak, cpu = figures.pop("peak_memory"), figures.pop("cpu")
        note = ", ".join(f"{count:,.0f} {name}" for name, count in figures.items())
        yield Measured(what, "peak memory of a process", "MB", peak, MEMORY_MB, note=note)
        rows = next(iter(figures.values()))
        yield Measured(what, "processor time", "s per million", cpu / rows * 1e6, note=f"of {next(iter(figures))}")


def tag_count_shards() -> Iterator[pl.DataFrame]:
    """Shards like those of `tag_counts`."""
    draw = np.random.default_rng(5)
    for _ in range(COUNT_SHARDS):
        frequent = _ranks(draw, ROWS_OF_SHARD, HASHTAGS)
        ranks = np.unique(np.concatenate([frequent, draw.integers(0, HASHTAGS, ROWS_OF_SHARD // 2)]))
        yield pl.DataFrame({"tag": _names(ranks), "photos": ROWS_OF_SHARD // (ranks + 1) + 1})


def photo_shards() -> Iterator[pl.DataFrame]:
    """Shards like those of `geotagged_photos`, only vocabulary hashtags."""
    draw = np.random.default_rng(6)
    tags, users = _names(np.arange(VOCABULARY)), _names(np.arange(USERS))
    for _ in range(PHOTO_SHARDS):
        user = _ranks(draw, PHOTOS_OF_SHARD, USERS)
        offsets = np.concatenate(([0], np.cumsum(draw.poisson(TAGS_OF_PHOTO - 1, PHOTOS_OF_SHARD) + 1)))
        favourite = np.repeat(user, np.diff(offsets)) * 7919 + draw.integers(0, FAVOURITES, offsets[-1]) * 104_729
        own = draw.random(offsets[-1]) < 0.6
        tag = np.where(own, favourite % VOCABULARY, _ranks(draw, int(offsets[-1]), VOCABULARY))
        names = tags.gather(tag).to_arrow(compat_level=pl.CompatLevel.oldest())
        lists = pa.LargeListArray.from_arrays(pa.array(offsets), names)
        yield pl.DataFrame({"user_id": users.gather(user), "tags": pl.Series(lists)})


def _ranks(draw: np.random.Generator, count: int, most: int) -> npt.NDArray[np.int64]:
    """Ranks from 0, each as likely as one over it."""
    return np.asarray(np.exp(draw.random(count) * np.log(most)).astype(np.int64) - 1)


def _names(numbers: npt.NDArray[np.int64]) -> pl.Series:
    """Words of letters, 9 to 16 of them, each for one number."""
    mixed = pl.Series(numbers) * 2_654_435_761 % 4_294_967_296
    digits = pl.select(pl.format("{}{}", mixed, pl.Series(numbers))).to_series()
    return digits.str.replace_many(list("0123456789"), list("abcdefghij"))


def main(what: str, words: str) -> None:
    """Do one of the works in this process, which does nothing else, and print what it took."""
    start = time.process_time()
    if what == "words":
        print_figures(words=len(read_words(words)), cpu=time.process_time() - start)
        return
    shards = tag_count_shards if what.startswith("tag_counts") else photo_shards
    rows = sum(shard.height for shard in shards())
    making = time.process_time() - start
    passes = 0

    def counted() -> Iterator[pl.DataFrame]:
        nonlocal passes
        passes += 1
        return shards()

    start = time.process_time()
    if shards is tag_count_shards:
        draft = build_vocabulary(counted, VocabularyConfig(), None, rows)
        figures = {"rows of tag_counts": rows, "distinct hashtags": draft.distinct}
    else:
        photos = pl.Series(np.full(VOCABULARY, int(rows * TAGS_OF_PHOTO / VOCABULARY)))
        tags = pl.DataFrame({"tag": _names(np.arange(VOCABULARY)), "photos": photos})
        found = count_users(counted, tags.with_columns(tag_id=pl.int_range(pl.len(), dtype=pl.Int32)))
        figures = {"photos": rows, "pairs of hashtag and user": int(found["users"].sum())}
    # Making the input is none of it.
    print_figures(**figures, cpu=time.process_time() - start - passes * making)


if __name__ == "__main__":
    main(*sys.argv[1:])
