"""The normal form of a hashtag, and counting hashtags.

Two tags that look alike are one tag: Unicode compatibility forms are composed (NFKC), upper case is lowered,
and blanks, control characters and invisible format characters go. Which tags a vocabulary takes is decided in
`assets.vocabulary`.
"""

import polars as pl
import pyarrow as pa

from assets.base.tables import TAG_COUNTS
from assets.ingestion.decode import without_empty

_IS_PLAIN = r"^[!-@\[-~]*$"
_INVISIBLE = r"[\s\p{Z}\p{Cc}\p{Cf}]+"


def normalise_tags(tags: pl.Series) -> pl.Series:
    """Normalise lists of tags: each tag once, in the order of its first appearance, empty ones left out.

    Args:
        tags: Lists of strings, without null lists.

    Returns:
        Lists of strings of the same length.
    """
    lists = tags.cast(pl.List(pl.String)).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    values = normalise_values(pl.Series(lists.flatten(), dtype=pl.String))
    # Null lists aside, `flatten` begins at the first offset, which a sliced series may have beyond 0.
    offsets = pa.compute.subtract(lists.offsets, lists.offsets[0]) if len(lists) else lists.offsets
    kept = without_empty(offsets, values.to_arrow(compat_level=pl.CompatLevel.oldest()))
    return pl.Series(tags.name, kept, dtype=pl.List(pl.String)).list.unique(maintain_order=True)


def normalise_values(tags: pl.Series) -> pl.Series:
    """Normalise single tags; one of which nothing is left becomes the empty string.

    Args:
        tags: Strings, nulls allowed.
    """
    odd = ~tags.str.contains(_IS_PLAIN).fill_null(value=True)
    if not odd.any():
        return tags
    # The Unicode rules cost some twenty times the test above, and most tags are plain already.
    rare = tags.filter(odd)
    for _ in range(2):
        # Lower-casing can undo the composed form, and the composed form can bring upper case and blanks anew.
        rare = rare.str.normalize("NFKC").str.replace_all(_INVISIBLE, "").str.to_lowercase()
    return tags.clone().scatter(odd.arg_true(), rare.str.normalize("NFKC"))


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
