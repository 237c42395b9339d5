import polars as pl
import pytest

from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.tables import SKIPPED_TAGS
from assets.vocabulary.build import EmptyVocabularyError, build_vocabulary, merge_counts
from assets.vocabulary.figures import frequency_curve

SHARDS = [
    {"canon": 9, "london": 5, "art": 3, "2007": 8, "b52": 1},
    {"canon": 9, "london": 4, "beach": 3, "brücke": 2, "rare": 1},
    {"nikon": 10, "zoo": 3, "٢٠٠٧": 4},
]


def counts(shards) -> pl.LazyFrame:
    frames = [
        pl.DataFrame(
            {"tag": list(shard), "photos": list(shard.values())},
            schema={"tag": pl.String, "photos": pl.Int64},
        )
        for shard in shards
    ]
    return pl.concat(frames).lazy()


def config(**changes) -> VocabularyConfig:
    return VocabularyConfig(**{"skip_most_frequent": 2, "size": 4} | changes)


def test_merged_over_shards_most_frequent_first_then_by_name():
    merged = merge_counts(counts(SHARDS))
    assert merged.rows() == [
        ("canon", 18), ("nikon", 10), ("london", 9), ("2007", 8), ("٢٠٠٧", 4),
        ("art", 3), ("beach", 3), ("zoo", 3), ("brücke", 2), ("b52", 1), ("rare", 1),
    ]  # fmt: skip


def test_rules_in_order_with_their_counts():
    words = {"canon", "nikon", "london", "art", "beach", "brücke", "zoo"}
    draft = build_vocabulary(counts(SHARDS), config(), words)
    assert draft.tags.rows() == [(0, "london", 9), (1, "art", 3), (2, "beach", 3), (3, "zoo", 3)]
    assert draft.tags.schema["tag_id"] == pl.Int32
    assert draft.skipped.to_pylist() == [
        {"rank": 0, "tag": "canon", "photos": 18},
        {"rank": 1, "tag": "nikon", "photos": 10},
    ]
    assert draft.skipped.schema.equals(SKIPPED_TAGS.schema())
    assert draft.removed == {
        "with_a_digit": 3,
        "without_word_vector": 1,
        "on_too_few_photos": 0,
        "skipped_as_most_frequent": 2,
        "beyond_size": 1,
    }
    assert draft.warning is None
    assert draft.frequencies.height == sum(draft.removed.values()) + draft.tags.height


def test_rules_can_be_switched_off():
    draft = build_vocabulary(
        counts(SHARDS), config(forbid_digits=False, skip_most_frequent=0, size=100, min_photos=3), None
    )
    assert draft.tags["tag"].to_list() == ["canon", "nikon", "london", "2007", "٢٠٠٧", "art", "beach", "zoo"]
    assert "without_word_vector" not in draft.removed
    assert draft.removed["on_too_few_photos"] == 3
    assert draft.skipped.num_rows == 0
    # asked for by the profile but no file is set: the rule is skipped
    assert "without_word_vector" not in build_vocabulary(counts(SHARDS), config(), None).removed
    off = build_vocabulary(counts(SHARDS), config(require_word_vector=False), {"art"})
    assert "art" in off.tags["tag"].to_list()
    assert len(off.tags) == 4


def test_smaller_than_asked_goes_on_and_says_how_many():
    draft = build_vocabulary(counts(SHARDS), config(size=100_000), None)
    assert draft.tags.height == 6
    assert draft.warning is not None
    assert draft.warning.startswith("the vocabulary has 6 hashtags where 100,000 were asked for")
    assert "3 with a digit" in draft.warning


@pytest.mark.parametrize(
    ("shards", "changes"),
    [([], {}), ([{"2007": 5}], {}), ([{"canon": 5, "nikon": 2}], {}), (SHARDS, {"min_photos": 100})],
)
def test_nothing_left_stops_with_a_sentence(shards, changes):
    empty = pl.LazyFrame(schema={"tag": pl.String, "photos": pl.Int64})
    with pytest.raises(EmptyVocabularyError, match="expected at least one hashtag, found none among"):
        build_vocabulary(counts(shards) if shards else empty, config(**changes), None)


def test_order_of_shards_does_not_matter():
    first = build_vocabulary(counts(SHARDS), config(), None)
    second = build_vocabulary(counts(SHARDS[::-1]), config(), None)
    assert first.tags.equals(second.tags)
    assert first.skipped.equals(second.skipped)


def test_config_refuses_the_impossible():
    for wrong in ({"size": 0}, {"skip_most_frequent": -1}, {"min_photos": 0}, {"sise": 5}):
        with pytest.raises(ValueError):
            VocabularyConfig(**wrong)
    assert VocabularyConfig() == VocabularyConfig(size=100_000, skip_most_frequent=10, min_photos=1)


@pytest.mark.parametrize("changes", [{}, {"skip_most_frequent": 0}, {"size": 1}])
def test_frequency_curve_draws(changes, tmp_path):
    draft = build_vocabulary(counts(SHARDS), config(**changes), None)
    figure = frequency_curve(draft.frequencies, pl.DataFrame(pl.from_arrow(draft.skipped)), draft.tags)
    figure.savefig(tmp_path / "curve.png")
    assert figure.axes[0].get_yscale() == "log"
    label = f"vocabulary: {draft.tags.height}"
    assert label in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_frequency_curve_draws_hostile_names(tmp_path, recwarn):
    shards = [{r"$\frac{": 9, "元旦": 8, "brücke": 7, "a_b^c$": 6, "\U0001f600": 5}]
    draft = build_vocabulary(counts(shards), config(skip_most_frequent=0, size=9), None)
    figure = frequency_curve(draft.frequencies, pl.DataFrame(pl.from_arrow(draft.skipped)), draft.tags)
    figure.savefig(tmp_path / "curve.png")
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names[0] == r"$\frac{"
    assert names[1] == "#1"
    assert names[2] == "brücke"
    assert not [warning for warning in recwarn if "lyph" in str(warning.message)]
