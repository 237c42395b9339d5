"""From the shards' tag counts to the vocabulary: merge, rules, order. Distinct users are in `users`.

There are millions of distinct hashtags, of which a vocabulary keeps few: they are merged a slice at a time, and of
each slice only what may become the vocabulary stays in memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.tables.photos import SKIPPED_TAGS, TAG_COUNTS

SKIPPED_RULE = "skipped_as_most_frequent"
BEYOND_SIZE = "beyond_size"

Shards = Callable[[], Iterable[pl.DataFrame]]
"""Reads a table shard by shard, from the first one at every call."""

_ROWS_AT_ONCE = 8_000_000
"""Rows of `tag_counts` whose hashtags are merged together: if all were different they would take about 1 GB."""
_ORDER = ["photos", "tag"]
_DESCENDING = [True, False]


class EmptyVocabularyError(ValueError):
    """No hashtag passes the rules."""


@dataclass(frozen=True)
class VocabularyDraft:
    """What the rules leave.

    Attributes:
        tags: Frame of `tag_id` int32, `tag`, `photos`: the vocabulary, most frequent first.
        skipped: Table `skipped_tags`.
        spectrum: Frame of `photos`, `tags`: how many of all distinct hashtags are on so many photos, most photos first.
        removed: Hashtags that each rule removed, in the order in which the rules are applied.
        warning: A sentence if the vocabulary is smaller than asked.
    """

    tags: pl.DataFrame
    skipped: pa.Table
    spectrum: pl.DataFrame
    removed: dict[str, int]
    warning: str | None

    @property
    def distinct(self) -> int:
        """Distinct hashtags, whatever became of them."""
        return int(self.spectrum["tags"].sum())


def merged_counts(counts: Shards, slices: int) -> Iterator[pl.DataFrame]:
    """Photos of each hashtag over all shards, a slice of the hashtags at a time.

    Args:
        counts: `tag`, `photos` of `tag_counts`, and what to take off them.
        slices: Into how many the hashtags are cut, by a hash; all shards are read once for each.

    Yields:
        `tag`, `photos`, each hashtag once, in no order.
    """
    for number in range(slices):
        merged = pl.DataFrame(pl.from_arrow(TAG_COUNTS.empty()))
        waiting: list[pl.DataFrame] = []
        for shard in counts():
            waiting.append(_packed(shard if slices == 1 else shard.filter(pl.col("tag").hash() % slices == number)))
            # As much again as there is already: each row is summed up some few times, however many shards there are.
            if sum(frame.height for frame in waiting) > max(merged.height, _ROWS_AT_ONCE // 8):
                merged, waiting = _summed([merged, *waiting]), []
        # Nothing is left of a hashtag whose photos are all kept in other shards under other hashtags.
        yield _summed([merged, *waiting]).filter(pl.col("photos") > 0)


def build_vocabulary(
    counts: Shards, config: VocabularyConfig, words: pl.Series | None, rows: int, rows_at_once: int = _ROWS_AT_ONCE
) -> VocabularyDraft:
    """Apply the rules (paper section 4): digits, word vectors, photos; then skip the head, cut at the size.

    Args:
        counts: `tag`, `photos` of `tag_counts`, and what to take off them.
        config: The rules.
        words: Words that have a vector, lower-cased; None where no file of word vectors is set.
        rows: Rows of all shards together: decides how many slices are made.
        rows_at_once: Rows whose hashtags are merged at once.

    Raises:
        EmptyVocabularyError: Nothing is left; the sentence says which rule removed how many.
    """
    rules = _rules(config, words)
    removed = dict.fromkeys(rules, 0)
    best = pl.DataFrame(pl.from_arrow(TAG_COUNTS.empty()))
    spectrum = best.select("photos", tags=pl.col("photos"))
    left_over = 0
    for merged in merged_counts(counts, max(1, -(-rows // rows_at_once))):
        of_slice = merged.group_by("photos").agg(tags=pl.len().cast(pl.Int64))
        spectrum = pl.concat([spectrum, of_slice]).group_by("photos").agg(pl.col("tags").sum())
        left = merged
        for rule, keep in rules.items():
            kept = left.filter(keep)
            removed[rule] += left.height - kept.height
            left = kept
        left_over += left.height
        best = _most_frequent(pl.concat([best, left]), config.skip_most_frequent + config.size)
    skipped, tags = best.head(config.skip_most_frequent), best.slice(config.skip_most_frequent)
    removed[SKIPPED_RULE] = skipped.height
    removed[BEYOND_SIZE] = left_over - best.height
    if tags.is_empty():
        raise EmptyVocabularyError(_nothing_left(int(spectrum["tags"].sum()), removed))
    return VocabularyDraft(
        tags=tags.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("tag_id"), "tag", "photos"),
        skipped=SKIPPED_TAGS.conform(
            skipped.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("rank"), "tag", "photos").to_arrow()
        ),
        spectrum=spectrum.sort("photos", descending=True),
        removed=removed,
        warning=_smaller_than_asked(tags.height, config, removed),
    )


def _summed(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return _packed(pl.concat(frames).group_by("tag").agg(pl.col("photos").sum()))


def _packed(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows, without what they were picked from: polars' strings keep all of it in memory."""
    return pl.DataFrame(pl.from_arrow(frame.to_arrow(compat_level=pl.CompatLevel.oldest())))


def _most_frequent(tags: pl.DataFrame, count: int) -> pl.DataFrame:
    """The first hashtags by photos, equal ones by name, so that neither shards nor slices matter."""
    least = tags["photos"].top_k(count).min() if len(tags) else 0
    return _packed(tags.filter(pl.col("photos") >= least).sort(_ORDER, descending=_DESCENDING).head(count))


def _rules(config: VocabularyConfig, words: pl.Series | None) -> dict[str, pl.Expr]:
    rules: dict[str, pl.Expr] = {}
    if config.forbid_digits:
        rules["with_a_digit"] = ~pl.col("tag").str.contains(r"\p{Nd}")
    if config.require_word_vector and words is not None:
        rules["without_word_vector"] = pl.col("tag").is_in(words.implode())
    rules["on_too_few_photos"] = pl.col("photos") >= config.min_photos
    return rules


def describe_removed(removed: dict[str, int]) -> str:
    """The rules with what each removed, for a sentence."""
    return ", ".join(f"{count:,} {rule.replace('_', ' ')}" for rule, count in removed.items())


def _nothing_left(distinct: int, removed: dict[str, int]) -> str:
    return (
        f"vocabulary: expected at least one hashtag, found none among {distinct:,} distinct ones: "
        f"{describe_removed(removed)}"
    )


def _smaller_than_asked(found: int, config: VocabularyConfig, removed: dict[str, int]) -> str | None:
    if found >= config.size:
        return None
    return (
        f"the vocabulary has {found:,} hashtags where {config.size:,} were asked for; left out: "
        f"{describe_removed(removed)}; a hashtag must be on {config.min_photos:,} photos or more"
    )
