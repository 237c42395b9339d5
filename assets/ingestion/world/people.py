"""Who takes the photos, and in what albums: what makes photos of one user alike.

Albums share place, moment and hashtags; across a split by photo they leak, as in the paper.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.concepts import COLD, Concept
from assets.ingestion.world.places import (
    City,
    PointOfInterest,
    cities,
    draw_concept,
    points_of_interest,
    scatter,
)

_CAMERAS = (
    "Canon EOS DIGITAL REBEL XTi",
    "Canon PowerShot ELPH 310 HS",
    "NIKON CORPORATION NIKON D60",
    "SONY DSLR-A200",
    "Panasonic DMC-ZS10",
    "Apple iPhone 4S",
    "PENTAX Corporation PENTAX K10D",
    "",
)
_NICKNAMES = (
    "anna",
    "ben",
    "chen",
    "dana",
    "elif",
    "femi",
    "goran",
    "hana",
    "ivo",
    "jorge",
    "kofi",
    "lena",
    "mia",
)
# Share of albums made in the home city; Pareto exponent and cap of the number of albums.
AT_HOME = 0.4
# The first spots of a city are what everybody comes for: weights 1 / (rank + this), rank from 0.
SPOT_SHIFT = 2.0
ACTIVITY = (1.6, 20.0)
_ALBUM_SIZES = (1, 2, 3, 4, 5, 6, 7, 8)
_ALBUM_WEIGHTS = (75, 13, 5, 3, 1, 1, 1, 1)
_START = datetime(2006, 1, 1, tzinfo=UTC)
_DAYS = 3_000


@dataclass(frozen=True)
class User:
    """One photographer.

    Attributes:
        nsid: Flickr's user id, as 39089491@N00.
        home: Where most of the albums are made.
        words: Favourite words that are put on photos whatever they show.
        private_word: A word that nobody else uses and no word-vector file has.
        activity: Relative number of albums.
    """

    nsid: str
    nickname: str
    camera: str
    home: City
    words: tuple[str, ...]
    private_word: str
    activity: float


@dataclass(frozen=True)
class Album:
    """Some photos of one user, one place, one moment and one subject."""

    user: User
    city: City
    concept: Concept
    latitude: float
    longitude: float
    taken_at: datetime
    size: int
    seed: int


def draw_users(rng: random.Random, config: WorldConfig) -> list[User]:
    """All users, with heavy-tailed activity."""
    places = cities()
    weights = [place.weight for place in places]
    users = []
    for number in range(config.users):
        home = rng.choices(places, weights)[0]
        nickname = f"{rng.choice(_NICKNAMES)}{rng.choice(_NICKNAMES)}"
        users.append(
            User(
                nsid=f"{10_000_000 + number * 37 + rng.randrange(37)}@N0{rng.randrange(10)}",
                nickname=nickname,
                camera=rng.choice(_CAMERAS),
                home=home,
                words=tuple(home.fashion(rng) for _ in range(3)),
                private_word="zq" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)),
                activity=min(rng.paretovariate(ACTIVITY[0]), ACTIVITY[1]),
            )
        )
    return users


def draw_albums(rng: random.Random, users: list[User]) -> Iterator[Album]:
    """Albums without end.

    Four of ten are made at home. Seven of ten are made at a point of interest (within some 200 m), the
    others anywhere in the city (within some 5 km).
    """
    places = cities()
    weights = [place.weight for place in places]
    activities = [user.activity for user in users]
    spots: list[tuple[PointOfInterest, ...]] = [points_of_interest(rng, place) for place in places]
    while True:
        user = rng.choices(users, activities)[0]
        city = user.home if rng.random() < AT_HOME else rng.choices(places, weights)[0]
        if rng.random() < 0.7:
            known = spots[city.index]
            spot = rng.choices(known, [spot.fame / (rank + SPOT_SHIFT) for rank, spot in enumerate(known)])[0]
            concept = spot.concept
            latitude, longitude = scatter(rng, spot.latitude, spot.longitude, 0.2)
        else:
            concept = draw_concept(rng, city)
            latitude, longitude = scatter(rng, city.latitude, city.longitude, 5.0)
        yield Album(
            user,
            city,
            concept,
            latitude,
            longitude,
            _moment(rng, city, concept),
            rng.choices(_ALBUM_SIZES, _ALBUM_WEIGHTS)[0],
            rng.getrandbits(48),
        )


def _moment(rng: random.Random, city: City, concept: Concept) -> datetime:
    """Local time: snow falls in the winter of the hemisphere, fireworks and most concerts are at night."""
    day = _START + timedelta(days=rng.randrange(_DAYS))
    if COLD in concept.needs:
        month = rng.choice((12, 1, 2)) if city.latitude > 0 else rng.choice((6, 7, 8))
        day = day.replace(month=month, day=min(day.day, 28))
    if concept.word in {"fireworks", "concert"}:
        hour = rng.choice((20, 21, 22, 23))
    elif concept.word == "sunset":
        hour = rng.choice((18, 19))
    else:
        hour = min(23, max(5, round(rng.gauss(14, 3.5))))
    return day + timedelta(hours=hour, minutes=rng.randrange(60), seconds=rng.randrange(60))
