"""The hashtags that people put on photos: rules first, then the noise of real life.

Words are given as people write them: blanks, capitals and other scripts included.
"""

import math
import random

from assets.base.profiles.sections.world import TagRates
from assets.ingestion.world.concepts import EMPTY_WORDS, NOISE_WORDS, Concept
from assets.ingestion.world.people import Album

MOST_TAGS = 15
# Of several words for one thing, how often the usual one is taken outright.
FIRST = 0.2
_NUMERALS = ("2008", "2011", "365", "project365", "d60", "20mm", "img0042", "100views")
_NOISE_WEIGHTS = [1 / (rank + 6) for rank in range(len(NOISE_WORDS))]


def normalised(tag: str) -> str:
    """How the ingestion's rule spells it: lower case, no blanks (paper, data)."""
    return "".join(tag.lower().split())


def _meaning(rng: random.Random, album: Album, second: Concept | None, rates: TagRates) -> list[str]:
    """What the photo shows, and where."""
    concept, city = album.concept, album.city
    tags: list[str] = []

    def maybe(rate: float, *words: str) -> None:
        if words and rng.random() < rate:
            word = words[0] if rng.random() < FIRST else rng.choice(words)
            if word:
                tags.append(word)

    maybe(rates.concept, concept.word)
    maybe(rates.synonym, *_in_use(concept.synonyms, city.continent))
    if city.language in concept.local:
        maybe(rates.local, concept.local[city.language])
    if second is not None:
        maybe(rates.second, second.word)
    maybe(rates.city, city.tag)
    maybe(rates.region, city.region)
    maybe(rates.country, *city.country_tags)
    maybe(rates.continent, city.continent_tag)
    maybe(rates.local_feature, city.feature_word(concept))
    return tags


def _in_use(synonyms: tuple[str, ...], continent: str) -> tuple[str, ...]:
    """The synonyms, the one first that this continent prefers."""
    turn = sum(map(ord, continent)) % len(synonyms)
    return synonyms[turn:] + synonyms[:turn]


def _noise(rng: random.Random, album: Album, rates: TagRates) -> list[str]:
    """Words that say nothing about picture or place."""
    tags = [word for word in album.user.words if rng.random() < rates.user_word]
    threshold, drawn = math.exp(-rates.noise_words), rng.random()
    while drawn > threshold:
        if rng.random() < 0.7:
            tags.append(album.city.fashion(rng))
        else:
            tags.append(rng.choices(NOISE_WORDS, _NOISE_WEIGHTS)[0])
        drawn *= rng.random()
    tags.extend(word for word, rate in EMPTY_WORDS.items() if rng.random() < rate)
    if rng.random() < 0.08:
        tags.append(album.user.private_word)
    if rng.random() < 0.10:
        tags.append(rng.choice(_NUMERALS))
    return tags


def misspelt(rng: random.Random, word: str) -> str:
    """The word as a slip of the finger leaves it: a letter twice with a q between, which no real word has."""
    at = rng.randrange(len(word))
    return f"{word[:at]}{word[at]}q{word[at:]}"


def album_tags(rng: random.Random, album: Album, second: Concept | None, rates: TagRates) -> list[str]:
    """Hashtags of an album's photos: each once, at most 15, in the order in which they were typed.

    At least one of them says what is shown or where, so that no photo is left without a hashtag of the
    vocabulary unless a defect says so.
    """
    meaning = _meaning(rng, album, second, rates)
    # The word-vector file may lack a local word.
    if set(meaning) <= set(album.concept.local.values()):
        meaning.append(album.concept.word)
    tags = list(dict.fromkeys([*meaning, *_noise(rng, album, rates)]))[:MOST_TAGS]
    rng.shuffle(tags)
    if rng.random() < 0.05:
        tags = [tag.title() if tag.isascii() else tag for tag in tags]
    return tags
