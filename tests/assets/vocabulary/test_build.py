import random
import unicodedata
from collections import Counter

import polars as pl
import pytest

from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.tables.photos import SKIPPED_TAGS
from assets.vocabulary import build
from assets.vocabulary.build import EmptyVocabularyError, Shards, build_vocabulary, merged_counts
from assets.vocabulary.figures import frequency_curve

SHARDS = [
    {"canon": 9, "london": 5, "art": 3, "2007": 8, "b52": 1},
    {"canon": 9, "london": 4, "beach": 3, "brücke": 2, "rare": 1},
    {"nikon": 10, "zoo": 3, "٢٠٠٧": 4},
]


def counts(shards) -> Shards:
    frames = [
        pl.DataFrame(
            {"tag": list(shard), "photos": list(shard.values())},
            schema={"tag": pl.String, "photos": pl.Int64},
        )
        for shard in shards
    ]
    return lambda: iter(frames)


def draft_of(shards, config, words=None, rows_at_once=1000):
    known = None if words is None else pl.Series(sorted(words), dtype=pl.String)
    return build_vocabulary(counts(shards), config, known, sum(map(len, shards)), rows_at_once)


def config(**changes) -> VocabularyConfig:
    return VocabularyConfig(**{"skip_most_frequent": 2, "size": 4} | changes)


@pytest.mark.parametrize("slices", [1, 2, 7])
def test_merged_over_shards(slices):
    merged = list(merged_counts(counts(SHARDS), slices))
    assert len(merged) == slices
    assert sorted(pl.concat(merged).rows()) == sorted({
        "canon": 18, "nikon": 10, "london": 9, "2007": 8, "٢٠٠٧": 4,
        "art": 3, "beach": 3, "zoo": 3, "brücke": 2, "b52": 1, "rare": 1,
    }.items())  # fmt: skip


def test_rules_in_order_with_their_counts():
    words = {"canon", "nikon", "london", "art", "beach", "brücke", "zoo"}
    draft = draft_of(SHARDS, config(), words)
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
    assert draft.distinct == sum(draft.removed.values()) + draft.tags.height


def test_rules_can_be_switched_off():
    draft = draft_of(SHARDS, config(forbid_digits=False, skip_most_frequent=0, size=100, min_photos=3), None)
    assert draft.tags["tag"].to_list() == ["canon", "nikon", "london", "2007", "٢٠٠٧", "art", "beach", "zoo"]
    assert "without_word_vector" not in draft.removed
    assert draft.removed["on_too_few_photos"] == 3
    assert draft.skipped.num_rows == 0
    # asked for by the profile but no file is set: the rule is skipped
    assert "without_word_vector" not in draft_of(SHARDS, config(), None).removed
    off = draft_of(SHARDS, config(require_word_vector=False), {"art"})
    assert "art" in off.tags["tag"].to_list()
    assert len(off.tags) == 4


def test_smaller_than_asked_goes_on_and_says_how_many():
    draft = draft_of(SHARDS, config(size=100_000))
    assert draft.tags.height == 6
    assert draft.warning is not None
    assert draft.warning.startswith("the vocabulary has 6 hashtags where 100,000 were asked for")
    assert "3 with a digit" in draft.warning


@pytest.mark.parametrize(
    ("shards", "changes"),
    [([], {}), ([{"2007": 5}], {}), ([{"canon": 5, "nikon": 2}], {}), (SHARDS, {"min_photos": 100})],
)
def test_nothing_left_stops_with_a_sentence(shards, changes):
    with pytest.raises(EmptyVocabularyError, match="expected at least one hashtag, found none among"):
        draft_of(shards, config(**changes))


@pytest.mark.parametrize("rows_at_once", [1, 3, 1000])
def test_neither_shards_nor_slices_matter(rows_at_once):
    first = draft_of(SHARDS, config())
    second = draft_of(SHARDS[::-1], config(), rows_at_once=rows_at_once)
    assert first.tags.equals(second.tags)
    assert first.skipped.equals(second.skipped)
    assert first.spectrum.equals(second.spectrum)
    assert first.removed == second.removed


def naive(shards, rules, words):
    """Everything in memory, one hashtag at a time: what is kept, skipped, removed, and the spectrum."""
    photos = Counter()
    for shard in shards:
        photos.update(shard)
    tests = {"with_a_digit": lambda tag: not any(unicodedata.category(letter) == "Nd" for letter in tag)}
    if words is not None:
        tests["without_word_vector"] = words.__contains__
    tests["on_too_few_photos"] = lambda tag: photos[tag] >= rules.min_photos
    left, removed = list(photos), {}
    for rule, passes in tests.items():
        kept = [tag for tag in left if passes(tag)]
        removed[rule] = len(left) - len(kept)
        left = kept
    left.sort(key=lambda tag: (-photos[tag], tag))
    skipped, tags = left[: rules.skip_most_frequent], left[rules.skip_most_frequent :][: rules.size]
    removed |= {"skipped_as_most_frequent": len(skipped), "beyond_size": len(left) - len(skipped) - len(tags)}
    spectrum = sorted(Counter(photos.values()).items(), reverse=True)
    return [(tag, photos[tag]) for tag in tags], [(tag, photos[tag]) for tag in skipped], removed, spectrum


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_counting_one_by_one(seed, monkeypatch):
    draw = random.Random(seed)
    monkeypatch.setattr(build, "_ROWS_AT_ONCE", 80)  # hashtags are summed up before a slice has been read
    names = [f"{word}{number}" for word in ("a", "b", "ü", "٣", "long hashtag of many letters ") for number in "xyz1é"]
    shards = [
        {tag: int(draw.paretovariate(1)) for tag in draw.sample(names, draw.randrange(len(names)))} for _ in range(30)
    ]
    words = draw.choice([None, set(draw.sample(names, 15))])
    rules = config(size=draw.randrange(1, 9), skip_most_frequent=draw.randrange(4), min_photos=draw.randrange(1, 20))
    draft = draft_of(shards, rules, words, rows_at_once=draw.choice([20, 100, 1000]))
    tags, skipped, removed, spectrum = naive(shards, rules, words)
    assert draft.tags.rows() == [(number, *row) for number, row in enumerate(tags)]
    assert [(row["tag"], row["photos"]) for row in draft.skipped.to_pylist()] == skipped
    assert draft.removed == removed
    assert draft.spectrum.rows() == spectrum


def test_config_refuses_the_impossible():
    for wrong in ({"size": 0}, {"skip_most_frequent": -1}, {"min_photos": 0}, {"sise": 5}):
        with pytest.raises(ValueError):
            VocabularyConfig(**wrong)
    assert VocabularyConfig() == VocabularyConfig(size=100_000, skip_most_frequent=10, min_photos=1)


@pytest.mark.parametrize("changes", [{}, {"skip_most_frequent": 0}, {"size": 1}])
def test_frequency_curve_draws(changes, tmp_path):
    draft = draft_of(SHARDS, config(**changes))
    figure = frequency_curve(draft.spectrum, pl.DataFrame(pl.from_arrow(draft.skipped)), draft.tags)
    figure.savefig(tmp_path / "curve.png")
    assert figure.axes[0].get_yscale() == "log"
    label = f"vocabulary: {draft.tags.height}"
    assert label in [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_frequency_curve_draws_hostile_names(tmp_path, recwarn):
    shards = [{r"$\frac{": 9, "元旦": 8, "brücke": 7, "a_b^c$": 6, "\U0001f600": 5}]
    draft = draft_of(shards, config(skip_most_frequent=0, size=9))
    figure = frequency_curve(draft.spectrum, pl.DataFrame(pl.from_arrow(draft.skipped)), draft.tags)
    figure.savefig(tmp_path / "curve.png")
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names[0] == r"$\frac{"
    assert names[1] == "#1"
    assert names[2] == "brücke"
    assert not [warning for warning in recwarn if "lyph" in str(warning.message)]
