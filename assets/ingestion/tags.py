"""The normal form of a hashtag, and counting hashtags.

Two tags that look alike are one tag: Unicode compatibility forms are composed (NFKC), upper case is lowered,
and blanks, control characters and invisible format characters go. Which tags a vocabulary takes is decided in
`assets.vocabulary`.
"""

import numpy as np
import polars as pl
import pyarrow as pa

from assets.base.tables.photos import TAG_COUNTS
from assets.ingestion.decode import without_empty
from assets.ingestion.strings import buffers_of, large_strings, values_at

_INVISIBLE = r"[\s\p{Z}\p{Cc}\p{Cf}]+"
_BLANK, _DELETE, _BEYOND_ASCII = 32, 127, 128
_TO_LOWER = 32
"""What the codes of `A` to `Z` are away from those of `a` to `z`."""


def normalise_tags(tags: pl.Series) -> pl.Series:
    """Normalise lists of tags: each tag once, in the order of its first appearance, empty ones left out.

    Args:
        tags: Lists of strings, without null lists.

    Returns:
        Lists of strings of the same length.
    """
    lists = tags.cast(pl.List(pl.String)).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    # Null lists aside, `flatten` begins at the first offset, which a sliced series may have beyond 0.
    offsets = lists.offsets.to_numpy() if len(lists) else np.zeros(1, dtype=np.int64)
    kept = without_empty(offsets - offsets[0], normalise_values(lists.flatten()))
    return pl.Series(tags.name, kept, dtype=pl.List(pl.String)).list.unique(maintain_order=True)


def normalise_values(tags: pa.Array) -> pa.Array:
    """Normalise single tags; one of which nothing is left becomes the empty string, as a null does.

    Args:
        tags: Strings, nulls allowed.

    Returns:
        Large strings of the same length.
    """
    offsets, data = buffers_of(tags.fill_null(""))
    beyond = np.flatnonzero(data >= _BEYOND_ASCII)
    # Most tags are ASCII, where the rules are plain: no letter changes its form, and bytes are characters.
    text = data + ((data >= ord("A")) & (data <= ord("Z"))).view(np.uint8) * np.uint8(_TO_LOWER)
    gone = np.flatnonzero((data <= _BLANK) | (data == _DELETE))
    plain = large_strings(offsets - np.searchsorted(gone, offsets), np.delete(text, gone))
    if len(beyond) == 0:
        return plain
    odd = values_at(offsets, beyond)
    rare = pl.Series(tags.take(pa.array(odd)), dtype=pl.String)
    for _ in range(2):
        # Lower-casing can undo the composed form, and the composed form can bring upper case and blanks anew.
        rare = rare.str.normalize("NFKC").str.replace_all(_INVISIBLE, "").str.to_lowercase()
    mask = np.zeros(len(tags), dtype=bool)
    mask[odd] = True
    return pa.compute.replace_with_mask(
        plain, pa.array(mask), rare.str.normalize("NFKC").to_arrow(compat_level=pl.CompatLevel.oldest())
    )


def count_tags(geotagged: pl.DataFrame) -> pa.Table:
    """Count, for each hashtag, the photos that carry it.

    Args:
        geotagged: Photos with normalised `tags`, each once per photo.

    Returns:
        `TAG_COUNTS`, most frequent first, equally frequent ones by name.
    """
    counts = (
        geotagged.select(tag=pl.col("tags").explode(empty_as_null=False))
        .group_by("tag")
        .agg(photos=pl.len())
        .sort("photos", "tag", descending=[True, False])
    )
    return TAG_COUNTS.conform(counts.to_arrow(compat_level=pl.CompatLevel.oldest()))
