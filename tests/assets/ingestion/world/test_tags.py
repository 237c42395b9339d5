import random
from collections import Counter

import numpy as np

from assets.base.profiles.sections.world import TagRates, WorldConfig
from assets.ingestion.world.concepts import EMPTY_WORDS
from assets.ingestion.world.people import draw_albums, draw_users
from assets.ingestion.world.plan import Plan
from assets.ingestion.world.tags import MOST_TAGS, album_tags, misspelt, normalised
from assets.ingestion.world.vectors import vocabulary_words, word_vectors, write_word_vectors


def _albums(count: int):
    rng = random.Random(11)
    albums = draw_albums(rng, draw_users(rng, WorldConfig.tiny()))
    return [next(albums) for _ in range(count)]


def test_normalised() -> None:
    assert normalised("North America") == "northamerica"
    assert normalised("BRÜCKE") == "brücke"


def test_rates() -> None:
    rng = random.Random(5)
    albums = _albums(5_000)
    tagged = [{normalised(tag) for tag in album_tags(rng, album, None, TagRates())} for album in albums]
    shares = Counter()
    for album, tags in zip(albums, tagged, strict=True):
        shares["concept"] += album.concept.word in tags
        shares["city"] += normalised(album.city.tag) in tags
        shares["country"] += any(tag in tags for tag in album.city.country_tags)
        shares["continent"] += normalised(album.city.continent_tag) in tags
        shares["travel"] += "travel" in tags
    rates = {kind: count / len(albums) for kind, count in shares.items()}
    assert abs(rates["concept"] - 0.75) < 0.03
    assert abs(rates["city"] - 0.45) < 0.03
    assert abs(rates["country"] - 0.40) < 0.03
    assert abs(rates["continent"] - 0.15) < 0.03
    assert abs(rates["travel"] - EMPTY_WORDS["travel"]) < 0.03


def test_each_tag_once_and_at_most_fifteen() -> None:
    rng = random.Random(6)
    for album in _albums(2_000):
        tags = album_tags(rng, album, None, TagRates(noise_words=8.0, user_word=1.0))
        assert 1 <= len(tags) <= MOST_TAGS
        assert len({normalised(tag) for tag in tags}) == len(tags)


def test_without_any_rule_the_concept_is_left() -> None:
    none = TagRates(concept=0, synonym=0, local=0, second=0, city=0, region=0, country=0, continent=0, local_feature=0)
    for album in _albums(50):
        assert album.concept.word in {normalised(t) for t in album_tags(random.Random(1), album, None, none)}


def test_misspelt_words_are_no_words() -> None:
    known = vocabulary_words()
    rng = random.Random(7)
    assert not [word for word in known if misspelt(rng, word) in known]


def test_second_concepts_word_is_only_put_where_there_is_one(tiny_plan: Plan) -> None:
    with_second = [row for row in tiny_plan.rows if row.picture is not None and row.picture.second]
    share = np.mean([row.picture.second in map(normalised, row.tags) for row in with_second])
    assert 0.4 < share < 0.65


def test_word_vectors_are_semantic(tmp_path) -> None:
    words, vectors = word_vectors(WorldConfig.tiny())
    row = {word: vectors[number] for number, word in enumerate(words)}
    assert vectors.shape == (len(words), 300)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    assert row["bridge"] @ row["crossing"] > row["bridge"] @ row["kitten"] + 0.3
    assert row["bridge"] @ row["brücke"] > 0.4
    assert row["london"] @ row["thames"] > row["london"] @ row["seine"] + 0.2
    assert row["germany"] @ row["deutschland"] > row["germany"] @ row["japan"] + 0.2
    write_word_vectors(WorldConfig.tiny(), tmp_path / "vectors.txt")
    lines = (tmp_path / "vectors.txt").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"{len(words)} 300"
    assert len(lines) == len(words) + 1
    word, *numbers = lines[1].split(" ")
    np.testing.assert_allclose(np.array(numbers, dtype=float), row[word], atol=1e-5)


def test_words_of_the_file_are_single_words() -> None:
    assert all(word and len(word.split()) == 1 and word == normalised(word) for word in vocabulary_words())
