import numpy as np
import pytest

from assets.base.profiles.sections.world import LookConfig, WorldConfig
from assets.ingestion.world.concepts import CONCEPTS
from assets.ingestion.world.places import cities
from assets.ingestion.world.rows import Picture
from assets.ingestion.world.scenes.backdrops import BACKDROPS
from assets.ingestion.world.scenes.pen import mix, shade
from assets.ingestion.world.scenes.scene import SCENES, draw_scene

PLAIN = WorldConfig(look=LookConfig(foreign=0, in_front=0, close=0))
INDEX = {city.tag: city.index for city in cities()}


def _pixels(concept: str, city: str, *, hour: int = 12, album: int = 5, seed: int = 9, second: str = ""):
    return np.asarray(draw_scene(PLAIN, Picture(concept, second, INDEX[city], hour, album, seed))[0], dtype=float)


def _difference(first, second) -> float:
    return float(np.abs(first - second).mean())


def test_every_concept_has_a_scene() -> None:
    assert set(SCENES) == {concept.word for concept in CONCEPTS}
    assert {scene.backdrop for scene in SCENES.values()} <= set(BACKDROPS)


@pytest.mark.parametrize("concept", sorted(SCENES))
def test_every_scene_draws_in_every_way_of_building(concept: str) -> None:
    for city in (
        "london",
        "paris",
        "berlin",
        "moscow",
        "new york",
        "kyoto",
        "bangkok",
        "delhi",
        "cairo",
        "havana",
    ):
        for hour in (12, 19, 22):
            picture = Picture(concept, "boat", INDEX[city], hour, 3, 4)
            image, quality = draw_scene(WorldConfig(), picture)
            assert sorted(image.size) == [120, 160]
            assert image.mode == "RGB"
            assert 50 < quality < 95
            assert np.asarray(image).std() > 10


def test_same_seeds_same_picture() -> None:
    np.testing.assert_array_equal(_pixels("bridge", "london"), _pixels("bridge", "london"))


def test_photos_of_an_album_are_nearly_alike() -> None:
    first, second = _pixels("castle", "madrid", seed=1), _pixels("castle", "madrid", seed=2)
    other = _pixels("castle", "madrid", album=6, seed=2)
    assert 0 < _difference(first, second) < _difference(first, other)


def _share(pixels, colour: tuple[int, int, int]) -> float:
    """Share of pixels close to a colour, exposure aside."""
    wanted = np.array(colour) / np.linalg.norm(colour)
    length = np.linalg.norm(pixels, axis=2, keepdims=True) + 1e-6
    return float(((pixels / length) @ wanted > 0.985).mean())


@pytest.mark.parametrize(
    ("concept", "here", "there", "colour"),
    [
        ("bus", "london", "chicago", (200, 28, 34)),
        ("bus", "chicago", "london", (246, 186, 24)),
        ("arch", "kyoto", "paris", (206, 62, 40)),
        ("bridge", "kyoto", "london", (186, 46, 38)),
        ("temple", "bangkok", "athens", (224, 176, 56)),
    ],
)
def test_things_differ_between_places(concept: str, here: str, there: str, colour: tuple[int, int, int]) -> None:
    assert _share(_pixels(concept, here), colour) > 0.02 + 2 * _share(_pixels(concept, there), colour)


def test_nights_are_dark() -> None:
    assert _pixels("church", "berlin", hour=22).mean() < 0.75 * _pixels("church", "berlin").mean()


def test_a_hidden_concept_shows_somebody_instead() -> None:
    assert _difference(_pixels("", "berlin"), _pixels("car", "berlin")) > 10


def test_colours() -> None:
    assert mix((0, 0, 0), (200, 100, 50), 0.5) == (100, 50, 25)
    assert shade((200, 100, 0), 2) == (255, 200, 0)
