"""Files of word vectors: word2vec's text form (with a header line) and GloVe's (without), plain or gzip.

Reading only, line by line, from any fsspec URL. Which words matter is the caller's business: the vocabulary
wants the words (`assets.vocabulary`), HER the vectors (`assets.embeddings.word_vectors`).
"""

import gzip
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.base.stores import UnknownStoreError, open_store, store_errors
from assets.base.urls import public_url, without_secrets

MAX_LINE = 1 << 20
"""Longest line that can be word and vector, in bytes: beyond it the file is something else."""

GZIP_MAGIC = b"\x1f\x8b"

_WORDS_AT_ONCE = 100_000


class WordVectorError(ValueError):
    """A file is not one of word vectors."""


@dataclass(frozen=True, slots=True)
class WordVectorLine:
    """One line: its number from 1, its word as written, and its numbers as text, not yet read.

    Attributes:
        line: Line in the file, from 1.
        word: The word as the file has it.
        width: Numbers in a vector of this file.
        numbers: The vector's numbers as text, separated by blanks.
        shown: The file, for messages.
    """

    line: int
    word: str
    width: int
    numbers: bytes
    shown: str

    def vector(self) -> npt.NDArray[np.float32]:
        """The vector, shape [width].

        Raises:
            WordVectorError: A field is not a finite number.
        """
        fields = self.numbers.split(b" ")
        try:
            vector = np.array([float(field) for field in fields], np.float32)
        except ValueError as error:
            raise WordVectorError(
                f"word vectors {self.shown}, line {self.line}: expected {self.width} numbers after the word, "
                f"found a field that is none ({error})"
            ) from error
        if not np.isfinite(vector).all():
            raise WordVectorError(
                f"word vectors {self.shown}, line {self.line}: expected finite numbers, found NaN or infinity"
            )
        return vector


def word_key(word: str) -> str:
    """A word as it is compared with hashtags: lower case, Unicode compatibility forms composed."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).lower())


def word_vector_lines(url: str) -> Iterator[WordVectorLine]:
    """Go through a file of word vectors.

    The number of fields is checked on every line; the numbers themselves only when `vector()` is asked for. A
    word may hold blanks, as some of GloVe's do: the vector is the last fields.

    Args:
        url: Path or fsspec URL; gzip is recognised by its first bytes.

    Raises:
        WordVectorError: The file is not there, empty, no text, cut off, or a line has too few fields.
    """
    shown = public_url(url)
    try:
        filesystem, path = open_store(url)
        with filesystem.open(path, "rb") as raw:
            yield from _lines(_decompressed(raw), shown)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WordVectorError(f"word vectors {shown}: the gzip file is cut off or damaged ({error})") from error
    except UnknownStoreError as error:
        raise WordVectorError(f"word vectors {shown}: {error}") from error
    except store_errors() as error:
        raise WordVectorError(f"word vectors {shown}: cannot be read ({without_secrets(error)})") from error


def _decompressed(raw: Any) -> BinaryIO:
    start = raw.read(2)
    raw.seek(0)
    return cast("BinaryIO", gzip.GzipFile(fileobj=raw) if start == GZIP_MAGIC else raw)


def _read_line(file: BinaryIO, number: int, shown: str) -> bytes:
    line = file.readline(MAX_LINE)
    if len(line) == MAX_LINE or b"\0" in line:
        raise WordVectorError(
            f"word vectors {shown}, line {number}: expected a word and its numbers as text, found binary data"
        )
    return line


def _header(line: bytes) -> tuple[int, int] | None:
    """Words and width, if this is word2vec's header line."""
    fields = line.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _lines(file: BinaryIO, shown: str) -> Iterator[WordVectorLine]:
    number = 1
    line = _read_line(file, number, shown)
    if not line.strip():
        raise WordVectorError(f"word vectors {shown}: expected a word and its numbers in line 1, found nothing")
    header = _header(line)
    if header is None:
        width = line.rstrip().count(b" ")
    else:
        width = header[1]
        number += 1
        line = _read_line(file, number, shown)
    if width < 1:
        raise WordVectorError(f"word vectors {shown}, line 1: expected a word and its numbers, found no number")
    words = 0
    while line:
        if line.strip():  # some writers end with an empty line
            yield _split(line, number, width, shown)
            words += 1
        number += 1
        line = _read_line(file, number, shown)
    if header is not None and words != header[0]:
        raise WordVectorError(
            f"word vectors {shown}: expected {header[0]} words as its header says, found {words}; is the file cut off?"
        )


def _split(line: bytes, number: int, width: int, shown: str) -> WordVectorLine:
    text = line.rstrip(b" \r\n")  # word2vec itself ends its lines with a blank
    blanks = text.count(b" ")
    if blanks == width:
        word, _, numbers = text.partition(b" ")
    elif blanks > width:
        word, numbers = _last_fields(text, width)
    else:
        raise WordVectorError(
            f"word vectors {shown}, line {number}: expected a word and {width} numbers, found {blanks + 1} fields"
        )
    # Published files hold a few words with broken bytes; replaced, they match no hashtag.
    return WordVectorLine(number, word.decode("utf-8", errors="replace"), width, numbers, shown)


def _last_fields(text: bytes, width: int) -> tuple[bytes, bytes]:
    word = text.rsplit(b" ", width)[0]
    return word, text[len(word) + 1 :]


def read_words(url: str) -> pl.Series:
    """The distinct words of a file, lower-cased (`word_key`); the vectors are not read.

    They are packed as they are read: as Python's own strings, GloVe's 2.2 million would take 300 MB.

    Raises:
        WordVectorError: As `word_vector_lines`.
    """
    words = (word_key(line.word) for line in word_vector_lines(url))
    parts = [pl.Series("word", [], dtype=pl.String)]
    while part := list(islice(words, _WORDS_AT_ONCE)):
        parts.append(pl.Series("word", part, dtype=pl.String))
    return pl.concat(parts).unique()
