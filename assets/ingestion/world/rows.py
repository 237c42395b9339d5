"""Rows of metadata before they are text: everything that one photo's line and its picture are made of.

How a row becomes YFCC100M's text is in `write`, what goes wrong with it in `defects`.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.concepts import Concept
from assets.ingestion.world.people import Album, draw_albums, draw_users
from assets.ingestion.world.places import draw_concept, scatter
from assets.ingestion.world.tags import album_tags

_LICENSES = (
    ("Attribution-NonCommercial-ShareAlike License", "http://creativecommons.org/licenses/by-nc-sa/2.0/"),
    ("Attribution-NonCommercial License", "http://creativecommons.org/licenses/by-nc/2.0/"),
    ("Attribution License", "http://creativecommons.org/licenses/by/2.0/"),
    ("Attribution-ShareAlike License", "http://creativecommons.org/licenses/by-sa/2.0/"),
)


@dataclass
class Picture:
    """What a picture shows and how it is stored; all that the drawing needs.

    Attributes:
        concept: Word of the concept, or an empty string if the picture does not show it.
        second: Word of a second concept, or an empty string.
        city: Index of the city.
        hour: Hour of the day, local time.
        album: Seed shared by the album.
        seed: Seed of this picture alone.
        mode: RGB, L or CMYK.
        damage: What is wrong with the file: an empty string, truncated, empty or text.
    """

    concept: str
    second: str
    city: int
    hour: int
    album: int
    seed: int
    mode: str = "RGB"
    damage: str = ""


@dataclass
class Row:
    """One line of metadata."""

    photo_id: int
    album: Album
    taken_at: datetime
    uploaded_at: int
    title: str
    description: str
    tags: list[str]
    longitude: str
    latitude: str
    accuracy: int
    license: tuple[str, str]
    server: int
    secret: str
    secret_original: str
    picture: Picture | None
    machine_tags: list[str] = field(default_factory=list)
    extension: str = "jpg"
    is_video: bool = False
    ending: str = "\n"
    copy_of: int | None = None

    @property
    def has_location(self) -> bool:
        """Whether both coordinates are given."""
        return self.longitude not in ("", "-1.0")


def _title(rng: random.Random, album: Album) -> str:
    if rng.random() < 0.4:
        return f"IMG_{rng.randrange(10_000):04d}"
    if rng.random() < 0.1:
        return ""
    ending = rng.choice(("", "!", " & more", " (2)", ", 100% real"))
    return f"{album.concept.word.title()} in {album.city.name}{ending}"


def _description(rng: random.Random, album: Album) -> str:
    if rng.random() < 0.75:
        return ""
    day = rng.randrange(1, 15)
    return f'Seen from the <a href="http://example.org/{album.city.tag}">hotel</a>.\nDay {day} of the trip.'


def draw_rows(rng: random.Random, config: WorldConfig, wanted: int) -> list[Row]:
    """Rows of sound photos, album after album: each with hashtags, a location and a picture to be drawn."""
    albums = draw_albums(rng, draw_users(rng, config))
    ids = iter(rng.sample(range(2_000_000_000, 9_999_999_999), wanted))
    rows: list[Row] = []
    while len(rows) < wanted:
        album = next(albums)
        second = _second_concept(rng, config, album)
        tags = album_tags(rng, album, second, config.tags)
        hidden = rng.random() < config.look.hidden
        for number in range(min(album.size, wanted - len(rows))):
            latitude, longitude = scatter(rng, album.latitude, album.longitude, 0.03)
            taken_at = album.taken_at + timedelta(seconds=40 * number)
            rows.append(
                Row(
                    photo_id=next(ids),
                    album=album,
                    taken_at=taken_at,
                    uploaded_at=int(taken_at.timestamp()) + rng.randrange(600, 2_000_000),
                    title=_title(rng, album),
                    description=_description(rng, album),
                    tags=list(tags),
                    longitude=f"{longitude:.6f}",
                    latitude=f"{latitude:.6f}",
                    accuracy=rng.choice((12, 14, 15, 16, 16, 16)),
                    license=rng.choice(_LICENSES),
                    server=rng.randrange(5000, 5032),
                    secret=f"{rng.getrandbits(40):010x}",
                    secret_original=f"{rng.getrandbits(40):010x}",
                    picture=Picture(
                        concept="" if hidden else album.concept.word,
                        second=second.word if second is not None else "",
                        city=album.city.index,
                        hour=album.taken_at.hour,
                        album=album.seed,
                        seed=rng.getrandbits(48),
                    ),
                    machine_tags=[f"geo:city={album.city.tag}"] if rng.random() < 0.05 else [],
                )
            )
    return rows


def _second_concept(rng: random.Random, config: WorldConfig, album: Album) -> Concept | None:
    """Another concept that is possible here, for some albums."""
    if rng.random() >= config.look.second:
        return None
    second = draw_concept(rng, album.city)
    return None if second is album.concept else second
