"""Where photos are taken: real cities, and points of interest scattered around them, each owning a concept.

`cities.csv` is an extract of GeoNames (geonames.org, CC BY 4.0: id, name, country, continent, coordinates,
population) with this project's own columns: hashtags of the place and its region, a word for its water and
one for its buildings, traits (`concepts.COAST` and so on) and the concepts it is known for.
"""

import csv
import math
import random
from dataclasses import dataclass
from functools import cache
from importlib import resources

from assets.ingestion.world.concepts import BY_WORD, CONCEPTS, NOISE_WORDS, Concept

KM_PER_DEGREE = 111.195

# Found with `selfcheck`. Zipf's law over a continent's cities, its head flattened.
ZIPF_SHIFT = 1.0
ZIPF_POWER = 1.1
# Which words without meaning are used: those of the city, the country, the continent.
FASHION = (6, 3, 1)
# Spread (of the logarithm) of how much a country and a continent care for a concept.
TASTE = 0.5
# How much more a spot draws if few other cities are known for the same.
FAME = 1.0

# Country code: hashtags for the country, and its language where `concepts` has words for it.
_COUNTRIES = """
AE:emirates,uae:ar AR:argentina:es AT:austria:de AU:australia,aussie: BE:belgium:fr BR:brazil,brasil:pt
CA:canada: CH:switzerland:de CL:chile:es CN:china:zh CO:colombia:es CR:costarica,puravida:es CU:cuba:es
CZ:czechrepublic: DE:germany,deutschland:de DK:denmark: EG:egypt:ar ES:spain,españa:es FI:finland:
FR:france:fr GB:unitedkingdom,uk,greatbritain: GR:greece: GT:guatemala:es HK:china:zh HU:hungary:
IE:ireland: IL:israel: IN:india: IS:iceland: IT:italy,italia:it JM:jamaica: JP:japan,nippon:ja KE:kenya:
KR:korea,southkorea: MA:morocco:ar MX:mexico,méxico:es NL:netherlands,holland: NO:norway: NP:nepal:
NZ:newzealand,aotearoa: PA:panama:es PE:peru:es PL:poland: PT:portugal:pt RU:russia,россия:ru SE:sweden:
SG:straits: TH:thailand: TR:turkey: TZ:tanzania: US:unitedstates,usa,america: VN:vietnam: ZA:southafrica:
"""
_CONTINENTS = {
    "AF": "africa",
    "AS": "asia",
    "EU": "europe",
    "NA": "north america",
    "OC": "oceania",
    "SA": "south america",
}
# Words for mountains, woods and the like go with a whole region of the Earth.
_NATURE_WORDS = {
    "AT": "alps", "CH": "alps", "DE": "alps", "FR": "provence", "IT": "apennines", "ES": "sierra", "NO":
    "fjord", "IS": "glacier", "GB": "highlands", "US": "nationalpark", "CA": "rockies", "MX":
    "sierramadre", "CR": "rainforest", "GT": "rainforest", "PE": "altiplano", "CL": "cordillera", "NP":
    "himalaya", "JP": "fuji", "MA": "sahara", "EG": "sahara", "KE": "savanna", "TZ": "savanna", "AU":
    "outback", "NZ": "southernalps", "RU": "taiga", "SE": "taiga", "FI": "taiga", "BR": "amazon",
}  # fmt: skip
_FRENCH_SPEAKING = frozenset({"Montréal", "Québec"})


@dataclass(frozen=True)
class PointOfInterest:
    """A spot that is photographed for one concept."""

    concept: Concept
    latitude: float
    longitude: float
    fame: float


@dataclass(frozen=True)
class City:
    """A real city and what photographers find there.

    Attributes:
        index: Position in the list of cities.
        traits: Letters of `concepts` (coast, cold, ...).
        known_for: Concepts that it surely has.
        weight: Share of the albums that are made here.
    """

    index: int
    name: str
    country: str
    continent: str
    latitude: float
    longitude: float
    population: int
    tag: str
    region: str
    water_word: str
    built_word: str
    traits: str
    known_for: tuple[Concept, ...]
    weight: float

    @property
    def country_tags(self) -> tuple[str, ...]:
        """Hashtags for the country, the usual one first."""
        return countries()[self.country][0]

    @property
    def language(self) -> str:
        """Language code whose words `concepts` lists, or an empty string."""
        return "fr" if self.name in _FRENCH_SPEAKING else countries()[self.country][1]

    @property
    def continent_tag(self) -> str:
        """Hashtag for the continent, as people write it (with its blank)."""
        return _CONTINENTS[self.continent]

    def feature_word(self, concept: Concept) -> str:
        """The word for such a thing here, as thames for a bridge in London; empty where there is none."""
        words = {
            "water": self.water_word,
            "built": self.built_word,
            "nature": _NATURE_WORDS.get(self.country, ""),
        }
        return words.get(concept.group, "")

    def fashion(self, rng: random.Random) -> str:
        """A word that means nothing, but is more in use in this city, country or continent than elsewhere."""
        levels = ((self.name, 6), (self.country, 10), (self.continent, 30))
        return rng.choice(_fashion(*rng.choices(levels, FASHION)[0]))

    def has(self, concept: Concept) -> bool:
        """Whether the concept's hard geography allows it here."""
        return not concept.needs or any(trait in self.traits for trait in concept.needs)


@cache
def _fashion(place: str, words: int) -> tuple[str, ...]:
    return tuple(random.Random(f"fashion {place}").sample(NOISE_WORDS, words))


@cache
def _taste(place: str) -> tuple[float, ...]:
    """How much more or less each concept is photographed here than elsewhere."""
    rng = random.Random(f"taste {place}")
    return tuple(math.exp(rng.gauss(0, TASTE)) for _ in CONCEPTS)


@cache
def countries() -> dict[str, tuple[tuple[str, ...], str]]:
    """Country code to its hashtags and its language code."""
    entries = (entry.split(":") for entry in _COUNTRIES.split())
    return {code: (tuple(tags.split(",")), language) for code, tags, language in entries}


@cache
def cities() -> tuple[City, ...]:
    """All cities; weights add up to 1.

    The number of cities per continent is proportional to the paper's training photos there to the power
    0.6; within a continent the weights follow Zipf's law over the file's order, flattened at its head.
    """
    with resources.files("assets.ingestion.world").joinpath("cities.csv").open(encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    seen: dict[str, int] = {}
    weights = []
    for row in rows:
        rank = seen[row["continent"]] = seen.get(row["continent"], 0) + 1
        weights.append(1 / (rank + ZIPF_SHIFT) ** ZIPF_POWER)
    total_of = {c: sum(w for w, r in zip(weights, rows, strict=True) if r["continent"] == c) for c in seen}
    return tuple(
        City(
            index,
            row["name"],
            row["country"],
            row["continent"],
            float(row["latitude"]),
            float(row["longitude"]),
            int(row["population"]),
            row["tag"],
            row["region"],
            row["water_word"],
            row["built_word"],
            row["traits"],
            tuple(BY_WORD[word] for word in row["concepts"].split()),
            weight / total_of[row["continent"]] * seen[row["continent"]] / len(rows),
        )
        for index, (row, weight) in enumerate(zip(rows, weights, strict=True))
    )


def scatter(rng: random.Random, latitude: float, longitude: float, sigma_km: float) -> tuple[float, float]:
    """A point normally distributed around another, in degrees."""
    north, east = rng.gauss(0, sigma_km), rng.gauss(0, sigma_km)
    shrink = max(0.05, math.cos(math.radians(latitude)))
    moved = longitude + east / (KM_PER_DEGREE * shrink)
    return latitude + north / KM_PER_DEGREE, (moved + 180) % 360 - 180


def draw_concept(rng: random.Random, city: City) -> Concept:
    """Some concept that can be seen in the city, by the taste of its country and continent."""
    return rng.choices(CONCEPTS, _concept_weights(city.index))[0]


@cache
def _concept_weights(index: int) -> tuple[float, ...]:
    city = cities()[index]
    tastes = zip(_taste(city.country), _taste(city.continent), strict=True)
    return tuple(
        concept.weight * here * around if city.has(concept) else 0.0
        for concept, (here, around) in zip(CONCEPTS, tastes, strict=True)
    )


def _fame(concept: Concept) -> float:
    """How much a spot draws: the more, the fewer other cities are known for the same."""
    return float((1 + sum(concept in city.known_for for city in cities())) ** -FAME)


def points_of_interest(rng: random.Random, city: City) -> tuple[PointOfInterest, ...]:
    """One spot for each concept that the city is known for, within some 5 km of its centre."""
    return tuple(
        PointOfInterest(concept, *scatter(rng, city.latitude, city.longitude, 5.0), _fame(concept))
        for concept in city.known_for
    )
