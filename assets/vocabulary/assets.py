"""Step `vocabulary`: the hashtags that models learn, and the most frequent ones that they leave out."""

from collections.abc import Iterator
from functools import partial

import polars as pl

from assets.base.run import Run
from assets.base.show import picture
from assets.base.step import Reads, step
from assets.base.word_vector_file import read_words
from assets.vocabulary.build import build_vocabulary
from assets.vocabulary.checks import most_frequent_first, tag_ids_contiguous, tags_unique
from assets.vocabulary.figures import frequency_curve
from assets.vocabulary.once import surplus_counts, surplus_ids, without_surplus
from assets.vocabulary.users import complete_vocabulary
from assets.vocabulary.words import word_vectors_input, word_vectors_url


@step(
    stage="vocabulary",
    outputs=("vocabulary", "skipped_tags"),
    reads=(Reads("tag_counts"), Reads("geotagged_photos"), Reads("duplicate_photos")),
    profile=("vocabulary",),
    code_version="2",
    kinds={"polars", "parquet"},
    checks=(tag_ids_contiguous, tags_unique, most_frequent_first),
    pinned=True,
    outside=word_vectors_input,
)
def vocabulary(run: Run) -> None:
    """The hashtags that models learn, most frequent first; the most frequent of all are skipped."""
    config = run.profile.vocabulary
    url = word_vectors_url(run.workspace) if config.require_word_vector else ""
    words = read_words(url) if url else None
    surplus = surplus_ids(run.frame("duplicate_photos"))
    of_shard = partial(run.frame, "geotagged_photos", ["photo_id", "tags"])

    def counts() -> Iterator[pl.DataFrame]:
        yield from (frame for _, frame in run.frames("tag_counts"))
        yield from surplus_counts(of_shard, surplus)

    def photos() -> Iterator[pl.DataFrame]:
        return without_surplus(run.frames("geotagged_photos", ["photo_id", "user_id", "tags"]), surplus)

    rows = sum(record.rows or 0 for record in run.records("tag_counts"))
    draft = build_vocabulary(counts, config, words, rows)
    if draft.warning is not None:
        run.log.warning(draft.warning)
    table = complete_vocabulary(draft.tags, photos)
    run.write("vocabulary", table)
    run.write("skipped_tags", draft.skipped)

    run.facts.update({"distinct_tags": draft.distinct, **draft.removed})
    skipped = pl.DataFrame(pl.from_arrow(draft.skipped))
    curve = frequency_curve(draft.spectrum, skipped, draft.tags)
    run.note(
        "vocabulary",
        {
            "hashtags": table.num_rows,
            "distinct hashtags": draft.distinct,
            **{f"left out: {rule.replace('_', ' ')}": count for rule, count in draft.removed.items()},
            "word vector rule": "applied" if words is not None else "skipped: no file of word vectors",
            "places": int(pl.Series(table.column("is_place")).sum()),
            "begins": ", ".join(draft.tags["tag"].head(10)),
            "frequency": picture(curve, "Photos of each hashtag over its rank, both logarithmic"),
            **({} if draft.warning is None else {"warning": draft.warning}),
        },
    )
    run.note("skipped_tags", {"skipped": ", ".join(skipped["tag"]) or "none"})
