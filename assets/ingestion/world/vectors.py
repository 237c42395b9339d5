"""A word-vector file of semantics only, for HER: never learnt from the photos' own hashtags.

Vectors from the corpus' co-occurrences would know which place shows what, and made HER beat MCC in the
prototype.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.concepts import CONCEPTS, EMPTY_WORDS, NOISE_WORDS
from assets.ingestion.world.places import cities
from assets.ingestion.world.tags import normalised

# Words of a real file that nobody here uses as a hashtag.
_SURPLUS = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "it",
    "was",
    "for",
    "on",
    "are",
    "with",
    "they",
    "this",
)


# As in a real file, words of some scripts are missing.
_UNKNOWN_LANGUAGES = frozenset({"ru", "ar", "zh", "pt"})


def vocabulary_words() -> dict[str, tuple[tuple[str, float], ...]]:
    """Every word that has a vector, with the topics that it is made of and their weights."""
    words: dict[str, tuple[tuple[str, float], ...]] = {}

    def add(word: str, *topics: tuple[str, float]) -> None:
        if word:
            words.setdefault(normalised(word), topics)

    for concept in CONCEPTS:
        topic, group = (f"concept {concept.word}", 1.0), (f"group {concept.group}", 0.4)
        add(concept.word, topic, group)
        for word in concept.synonyms:
            add(word, topic, group)
        for language, word in concept.local.items():
            if language not in _UNKNOWN_LANGUAGES:
                add(word, topic, group, (f"language {language}", 0.6))
    for city in cities():
        country, continent = (f"country {city.country}", 0.8), (f"continent {city.continent}", 0.5)
        add(city.tag, (f"city {city.tag}", 1.0), country, continent)
        add(city.region, (f"city {city.tag}", 0.5), country, continent)
        add(city.water_word, (f"city {city.tag}", 0.8), country, ("group water", 0.4))
        add(city.built_word, (f"city {city.tag}", 0.8), country, ("group built", 0.4))
        for word in city.country_tags:
            add(word, country, continent)
        add(city.continent_tag, continent)
        for concept in CONCEPTS:
            add(city.feature_word(concept), country, (f"group {concept.group}", 0.4))
    for word in (*NOISE_WORDS, *EMPTY_WORDS):
        add(word, ("noise", 0.7), (f"word {word}", 0.7))
    for word in _SURPLUS:
        add(word, ("function word", 1.0))
    return words


def word_vectors(config: WorldConfig) -> tuple[list[str], npt.NDArray[np.float32]]:
    """The words and their vectors, float32 of shape (words, `vector_width`), each of length 1."""
    words = vocabulary_words()
    rng = np.random.default_rng([config.seed, 300])
    topics: dict[str, npt.NDArray[np.float64]] = {}
    rows = []
    for parts in words.values():
        row = rng.normal(0, 0.35, config.vector_width)
        for topic, weight in parts:
            if topic not in topics:
                topics[topic] = rng.normal(0, 1, config.vector_width)
            row = row + weight * topics[topic]
        rows.append(row / np.linalg.norm(row))
    return list(words), np.asarray(rows, dtype=np.float32)


def write_word_vectors(config: WorldConfig, path: Path) -> None:
    """Write them in word2vec's text format: a line of count and width, then one word a line."""
    words, vectors = word_vectors(config)
    lines = [f"{len(words)} {vectors.shape[1]}"]
    for word, vector in zip(words, vectors, strict=True):
        lines.append(f"{word} " + " ".join(f"{number:.5f}" for number in vector.tolist()))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
