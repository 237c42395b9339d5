"""How a place looks: palette, light and ways of building, from continent down to the single photo."""

import random
from dataclasses import dataclass
from functools import lru_cache

from assets.base.profiles.sections.world import LookConfig
from assets.ingestion.world.places import City, cities
from assets.ingestion.world.scenes.pen import Colour, mix

_STYLE_OF_COUNTRY = {
    **dict.fromkeys(("JP", "CN", "KR", "HK", "VN"), "east"),
    **dict.fromkeys(("TH", "SG"), "siam"),
    **dict.fromkeys(("IN", "NP"), "south"),
    **dict.fromkeys(("AE", "IL", "TR", "EG", "MA"), "orient"),
    **dict.fromkeys(("US", "CA"), "america"),
    **dict.fromkeys(("MX", "CU", "CR", "GT", "PA", "JM", "BR", "AR", "CL", "PE", "CO"), "latin"),
    **dict.fromkeys(("AU", "NZ"), "oceania"),
    **dict.fromkeys(("KE", "TZ", "ZA"), "africa"),
    **dict.fromkeys(("ES", "IT", "GR", "PT", "FR"), "south-europe"),
    "RU": "russia",
    "GB": "britain",
    "IE": "britain",
}

STYLES = tuple(sorted({*_STYLE_OF_COUNTRY.values(), "europe"}))

# Sky above, sky at the horizon, ground, foliage, walls, roofs, accent, water.
_CONTINENT_PALETTES: dict[str, tuple[Colour, ...]] = {
    "EU": ((96, 138, 190), (206, 216, 226), (112, 128, 84), (62, 106, 56), (214, 200, 172), (172, 82, 58),
           (170, 40, 48), (66, 100, 128)),
    "NA": ((58, 120, 214), (186, 216, 246), (132, 138, 112), (74, 120, 60), (176, 112, 92), (96, 98, 108),
           (242, 196, 32), (52, 98, 150)),
    "AS": ((168, 176, 186), (240, 222, 196), (146, 134, 100), (66, 122, 84), (198, 72, 52), (66, 74, 84),
           (232, 170, 44), (112, 146, 134)),
    "OC": ((26, 142, 226), (170, 232, 250), (176, 158, 92), (104, 134, 72), (236, 232, 222), (70, 128, 134),
           (30, 90, 160), (22, 160, 184)),
    "SA": ((86, 160, 206), (252, 226, 170), (104, 146, 66), (28, 122, 52), (244, 190, 74), (198, 104, 48),
           (28, 150, 90), (60, 130, 130)),
    "AF": ((120, 170, 214), (250, 216, 158), (206, 162, 96), (134, 134, 62), (222, 182, 130), (152, 108, 70),
           (200, 92, 36), (70, 130, 158)),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """Everything that place and moment decide about a picture.

    Attributes:
        style: Way of building, as `east` or `britain`.
        snowy: Whether the city has cold winters.
        night: Whether it is dark.
    """

    city: City
    style: str
    snowy: bool
    night: bool
    sky: Colour
    horizon: Colour
    ground: Colour
    foliage: Colour
    wall: Colour
    roof: Colour
    accent: Colour
    water: Colour


def _jitter(rng: random.Random, colours: tuple[Colour, ...], strength: float) -> tuple[Colour, ...]:
    """The colours moved each by itself and all together."""
    if strength <= 0:
        return colours
    common = [rng.gauss(0, 160 * strength) for _ in range(3)]
    moved = []
    for colour in colours:
        parts = (part + all_ + rng.gauss(0, 200 * strength) for part, all_ in zip(colour, common, strict=True))
        red, green, blue = (min(255, max(0, round(part))) for part in parts)
        moved.append((red, green, blue))
    return tuple(moved)


@lru_cache(maxsize=256)
def _city_palette(index: int, config: LookConfig) -> tuple[Colour, ...]:
    city = cities()[index]
    palettes = tuple(_CONTINENT_PALETTES.values())
    common = tuple(
        (round(r), round(g), round(b))
        for r, g, b in (
            (sum(c[0] for c in row) / 6, sum(c[1] for c in row) / 6, sum(c[2] for c in row) / 6)
            for row in zip(*palettes, strict=True)
        )
    )
    own = _CONTINENT_PALETTES[city.continent]
    colours = tuple(mix(a, b, config.continent) for a, b in zip(common, own, strict=True))
    colours = _jitter(random.Random(f"country {city.country}"), colours, config.country)
    return _jitter(random.Random(f"city {city.name}"), colours, config.city)


def look_of(config: LookConfig, city_index: int, hour: int, album: int, rng: random.Random) -> Look:
    """The look of one photo.

    Args:
        config: Strength of each level.
        city_index: Where it is.
        hour: Local hour of the day.
        album: Seed of the album.
        rng: The photo's own source of chance.
    """
    city = cities()[city_index]
    shared = random.Random(album)
    colours = _jitter(shared, _city_palette(city_index, config), config.album)
    style = _STYLE_OF_COUNTRY.get(city.country, "europe")
    if shared.random() < config.foreign:
        style = shared.choice(STYLES)
    colours = _jitter(rng, colours, config.photo)
    night = hour >= 20 or hour < 6
    if night:
        colours = (
            (14, 18, 44),
            (46, 48, 84),
            *(mix(colour, (10, 12, 34), 0.62) for colour in colours[2:4]),
            *(mix(colour, (20, 20, 50), 0.42) for colour in colours[4:6]),
            colours[6],
            mix(colours[7], (8, 12, 40), 0.7),
        )
    elif hour in (18, 19):
        evening: tuple[Colour, ...] = ((116, 96, 150), (255, 172, 104))
        low = (mix(colour, (150, 84, 62), 0.30) for colour in colours[2:])
        colours = (*(mix(a, b, 0.75) for a, b in zip(colours, evening, strict=False)), *low)
    return Look(city, style, "s" in city.traits, night, *colours)
