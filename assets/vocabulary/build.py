"""From the shards' tag counts to the vocabulary: merge, rules, order. Distinct users are in `users`."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.tables import SKIPPED_TAGS

SKIPPED_RULE = "skipped_as_most_frequent"
BEYOND_SIZE = "beyond_size"


class EmptyVocabularyError(ValueError):
    """No hashtag passes the rules."""


@dataclass(frozen=True)
class VocabularyDraft:
    """What the rules leave.

    Attributes:
        tags: Frame of `tag_id` int32, `tag`, `photos`: the vocabulary, most frequent first.
        skipped: Table `skipped_tags`.
        frequencies: Frame of `tag`, `photos` of every distinct hashtag, most frequent first.
        removed: Hashtags that each rule removed, in the order in which the rules are applied.
        warning: A sentence if the vocabulary is smaller than asked.
    """

    tags: pl.DataFrame
    skipped: pa.Table
    frequencies: pl.DataFrame
    removed: dict[str, int]
    warning: str | None


def merge_counts(counts: pl.LazyFrame) -> pl.DataFrame:
    """Photos of each hashtag over all shards.

    Args:
        counts: Rows of `tag_counts`, of all shards.

    Returns:
        `tag`, `photos`; most frequent first, equal ones by name, so that the order of shards does not matter.
    """
    return (
        counts.group_by("tag")
        .agg(pl.col("photos").sum())
        .collect(engine="streaming")
        .sort(["photos", "tag"], descending=[True, False])
    )


def build_vocabulary(counts: pl.LazyFrame, config: VocabularyConfig, words: Collection[str] | None) -> VocabularyDraft:
    """Apply the rules (paper section 4): digits, word vectors, photos; then skip the head, cut at the size.

    Args:
        counts: Rows of `tag_counts`, of all shards.
        config: The rules.
        words: Words that have a vector, lower-cased; None where no file of word vectors is set.

    Raises:
        EmptyVocabularyError: Nothing is left; the sentence says which rule removed how many.
    """
    frequencies = merge_counts(counts)
    removed: dict[str, int] = {}
    left = frequencies
    for rule, keep in _rules(config, words):
        kept = left.filter(keep)
        removed[rule] = left.height - kept.height
        left = kept
    skipped = left.head(config.skip_most_frequent)
    rest = left.slice(config.skip_most_frequent)
    tags = rest.head(config.size)
    removed[SKIPPED_RULE] = skipped.height
    removed[BEYOND_SIZE] = rest.height - tags.height
    if tags.is_empty():
        raise EmptyVocabularyError(_nothing_left(frequencies.height, removed))
    return VocabularyDraft(
        tags=tags.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("tag_id"), "tag", "photos"),
        skipped=SKIPPED_TAGS.conform(
            skipped.select(pl.int_range(pl.len(), dtype=pl.Int32).alias("rank"), "tag", "photos").to_arrow()
        ),
        frequencies=frequencies,
        removed=removed,
        warning=_smaller_than_asked(tags.height, config.size, removed),
    )


def _rules(config: VocabularyConfig, words: Collection[str] | None) -> list[tuple[str, pl.Expr]]:
    rules: list[tuple[str, pl.Expr]] = []
    if config.forbid_digits:
        rules.append(("with_a_digit", ~pl.col("tag").str.contains(r"\p{Nd}")))
    if config.require_word_vector and words is not None:
        known = pl.Series("words", sorted(words), dtype=pl.String)
        rules.append(("without_word_vector", pl.col("tag").is_in(known.implode())))
    rules.append(("on_too_few_photos", pl.col("photos") >= config.min_photos))
    return rules


def describe_removed(removed: dict[str, int]) -> str:
    """The rules with what each removed, for a sentence."""
    return ", ".join(f"{count:,} {rule.replace('_', ' ')}" for rule, count in removed.items())


def _nothing_left(distinct: int, removed: dict[str, int]) -> str:
    return (
        f"vocabulary: expected at least one hashtag, found none among {distinct:,} distinct ones: "
        f"{describe_removed(removed)}"
    )


def _smaller_than_asked(found: int, asked: int, removed: dict[str, int]) -> str | None:
    if found >= asked:
        return None
    return (
        f"the vocabulary has {found:,} hashtags where {asked:,} were asked for; left out: {describe_removed(removed)}"
    )
