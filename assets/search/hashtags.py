"""The hashtag that a person asks for, among those that models know."""

import difflib

import polars as pl
import pyarrow as pa

from assets.ingestion.tags import normalise_values
from assets.search.errors import SearchError

_ALIKE = 5
_LIKENESS = 0.6  # difflib's own


def normalised_tag(text: str) -> str:
    """A hashtag as the vocabulary writes it; a leading `#` is not part of it."""
    (tag,) = normalise_values(pa.array([text.strip().removeprefix("#")], pa.string())).to_pylist()
    return str(tag)


def find_tag(text: str, vocabulary: pl.DataFrame, skipped: pl.DataFrame) -> tuple[int, str]:
    """Id and normal form of a hashtag.

    Args:
        text: As the person writes it.
        vocabulary: `tag_id`, `tag`, the most frequent first.
        skipped: `tag` of those that are too frequent to be learnt.

    Raises:
        SearchError: Models do not know it; names those that are nearest in spelling.
    """
    tag = normalised_tag(text)
    if not text.strip():
        raise SearchError("hashtag '': expected a word, found nothing")
    if not tag:
        raise SearchError(f"hashtag {text!r}: expected a word, nothing of it is left in the normal form of hashtags")
    found = vocabulary.filter(pl.col("tag") == tag)["tag_id"]
    if found.len():
        return int(found[0]), tag
    known = vocabulary["tag"].to_list()
    if not known:
        raise SearchError(f"hashtag {tag!r}: the vocabulary is empty, no hashtag can be asked for")
    why = "too frequent to be learnt" if tag in skipped["tag"] else f"not one of the {len(known):,} that models know"
    alike = difflib.get_close_matches(tag, known, n=_ALIKE, cutoff=_LIKENESS)
    alike = alike or difflib.get_close_matches(tag, known, n=_ALIKE, cutoff=0.0)
    raise SearchError(f"hashtag {tag!r}: {why}; nearest in spelling: {', '.join(alike)}")
