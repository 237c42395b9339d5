"""Photo ids of a manifest: whole numbers stay, any other text becomes a stable 63-bit number."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ingestion.errors import WrongFormatError

_WHOLE = "^(0|[1-9][0-9]{0,18})$"
_HASHED_FROM = 1 << 62

Digest = Callable[[str], bytes]


def sha256_digest(text: str) -> bytes:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).digest()


@dataclass
class PhotoIds:
    """Turns the ids of one manifest into numbers and notices when two of them become the same.

    Hashes have their highest bit set, so that they cannot meet the small numbers that ids usually are; only
    ids of that size are remembered, 24 bytes each.

    Attributes:
        digest: Hash of a text, at least 16 bytes.
    """

    digest: Digest = sha256_digest
    _seen: list[npt.NDArray[np.int64]] = field(default_factory=list)

    def numbers(self, texts: pl.Series, rows: pl.Series) -> pl.Series:
        """Photo ids of some rows.

        `7` stays 7; `007`, `-7` and `a7` are hashed: two ids that are written differently are different photos, and
        seeds are drawn from ids, which are at least 0.

        Args:
            texts: Ids as the manifest has them, without nulls.
            rows: Their row numbers.

        Returns:
            int64 of the same length.
        """
        whole = texts.str.contains(_WHOLE)
        numbers = texts.cast(pl.Int64, strict=False).zip_with(whole, pl.Series([None], dtype=pl.Int64))
        hashed = numbers.is_null()
        digests = b"".join(self.digest(text)[:16] for text in texts.filter(hashed))
        halves = np.frombuffer(digests, dtype=">i8").astype(np.int64).reshape(-1, 2)
        made = halves[:, 0] & np.int64(_HASHED_FROM - 1) | np.int64(_HASHED_FROM)
        numbers = numbers.scatter(hashed.arg_true(), pl.Series(made, dtype=pl.Int64))
        self._remember(numbers, hashed, halves[:, 1], rows)
        return numbers

    def _remember(self, numbers: pl.Series, hashed: pl.Series, rests: npt.NDArray[np.int64], rows: pl.Series) -> None:
        # A whole number is told apart by itself, a hash by the digest's second half.
        marks = numbers.clone().scatter(hashed.arg_true(), pl.Series(rests, dtype=pl.Int64))
        large = numbers >= _HASHED_FROM
        columns = (numbers, marks, rows.cast(pl.Int64))
        self._seen.append(np.stack([column.filter(large).to_numpy() for column in columns]))

    def refuse_collisions(self, url: str) -> None:
        """Look at all ids so far.

        Args:
            url: The manifest, for the sentence.

        Raises:
            WrongFormatError: Two different ids have become the same number.
        """
        if not self._seen:
            return
        numbers, marks, rows = np.concatenate(self._seen, axis=1)
        order = np.lexsort((rows, marks, numbers))
        same = (np.diff(numbers[order]) == 0) & (np.diff(marks[order]) != 0)
        if same.any():
            first = int(np.flatnonzero(same)[0])
            one, other = sorted(rows[order[first : first + 2]].tolist())
            raise WrongFormatError(
                f"manifest {url}: the different photo ids of rows {one} and {other} both become "
                f"{numbers[order[first]]}; change one of them, or use whole numbers as ids"
            )
