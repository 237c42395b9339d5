import shutil
from pathlib import Path

import pytest
from PIL import Image, UnidentifiedImageError

from assets.base.profiles.sections.world import WorldConfig
from assets.ingestion.world.draw import draw_pictures
from assets.ingestion.world.generate import World, ensure_world
from assets.ingestion.world.ledger import Ledger
from assets.ingestion.world.plan import Plan
from assets.ingestion.world.rows import Picture
from assets.ingestion.world.write import image_name


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_finished_world_is_reused(world: World, small: WorldConfig) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.folder.rglob("*")}
    again = ensure_world(small, world.folder.parent)
    assert again == world
    assert {path: path.stat().st_mtime_ns for path in world.folder.rglob("*")} == before


def test_same_seed_same_bytes_whoever_draws(world: World, small: WorldConfig, tmp_path: Path) -> None:
    folder = tmp_path / "worlds"
    first = ensure_world(small, folder)
    bytes_of_first = _bytes(first.folder)
    shutil.rmtree(first.folder)
    second = ensure_world(small.model_copy(update={"processes": 1}), folder)
    assert second.folder == first.folder
    assert _bytes(second.folder) == bytes_of_first
    pictures = {name: data for name, data in _bytes(world.folder).items() if name.startswith("images/")}
    assert {n: d for n, d in bytes_of_first.items() if n.startswith("images/")} == pictures


def test_what_a_killed_generation_left_is_not_taken(world: World, small: WorldConfig, tmp_path: Path) -> None:
    left = tmp_path / f".{world.folder.name}.unfinished"
    (left / "images").mkdir(parents=True)
    (left / "images" / "half.jpg").write_bytes(b"half")
    made = ensure_world(small, tmp_path)
    assert not left.exists()
    assert not (made.folder / "images" / "half.jpg").exists()
    assert sorted(path.name for path in made.folder.iterdir()) == [
        "images",
        "ledger.json",
        "metadata",
        "word_vectors.txt",
    ]


def test_a_moved_world_is_made_anew(world: World, small: WorldConfig, tmp_path: Path) -> None:
    shutil.copytree(world.folder, tmp_path / world.folder.name)
    made = ensure_world(small, tmp_path)
    assert made.ledger.folder == str(made.folder)
    assert made.ledger.folder != world.ledger.folder


def test_progress_is_told(small: WorldConfig, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    ensure_world(small, tmp_path, lambda done, wanted: told.append((done, wanted)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_failing_child_is_quoted(small: WorldConfig, tmp_path: Path) -> None:
    impossible = Picture("bridge", "unicorn", 0, 12, 1, 1)
    with pytest.raises(RuntimeError, match=r"(?s)drawing pictures failed with status 1.*unicorn"):
        draw_pictures(small, [("1/a.jpg", impossible)], tmp_path / "i", tmp_path / "plan.json", lambda _d, _w: None)
    assert not (tmp_path / "plan.json").exists()


def test_ledger_survives_a_round_trip(world: World) -> None:
    assert Ledger.read(world.folder / "ledger.json") == world.ledger
    with pytest.raises(KeyError, match="no defect 'unicorn'"):
        world.ledger.defect("unicorn")


def test_ledger_adds_up(world: World, small: WorldConfig) -> None:
    ledger = world.ledger
    assert ledger.rows == small.rows
    assert ledger.rows - ledger.rejected == ledger.geotagged + sum(ledger.dropped.values())
    assert ledger.geotagged == ledger.photos + sum(ledger.unused.values())
    assert sum(ledger.images.values()) == ledger.photos
    assert all(defect.count >= 3 for defect in ledger.defects)
    assert all(defect.count == len(defect.lines) for defect in ledger.defects)


def test_a_row_has_one_defect_at_most(world: World) -> None:
    lines = [line for defect in world.ledger.defects for line in defect.lines]
    assert len(lines) == len(set(lines))


def test_shares_of_rows(world: World) -> None:
    ledger = world.ledger
    assert 0.48 < ledger.dropped["no_location"] / ledger.rows < 0.51
    assert not {defect.name for defect in ledger.defects if not defect.detectable} ^ {
        "misspelt_tag",
        "location_swapped",
        "wrong_place",
        "another_photos_tags",
    }


def test_images_are_as_the_ledger_says(world: World, plan: Plan) -> None:
    path_of = {row.photo_id: world.folder / "images" / image_name(row) for row in plan.rows}

    def paths(name: str) -> list[Path]:
        return [path_of[photo_id] for photo_id in world.ledger.defect(name).photo_ids]

    assert not any(path.exists() for path in paths("image_missing"))
    assert all(path.stat().st_size == 0 for path in paths("image_empty"))
    for path in paths("image_is_text"):
        with pytest.raises(UnidentifiedImageError):
            Image.open(path)
    for path in paths("image_truncated"):
        with Image.open(path) as image, pytest.raises(OSError, match="truncated"):
            image.load()
    for name, form in (("image_grey", "L"), ("image_cmyk", "CMYK")):
        for path in paths(name):
            with Image.open(path) as image:
                assert (image.mode, image.format) == (form, "JPEG")
    for path in paths("image_png"):
        with Image.open(path) as image:
            assert image.format == "PNG"
    by_id = {row.photo_id: row for row in plan.rows}
    for photo_id in world.ledger.defect("image_identical").photo_ids:
        original = by_id[photo_id].copy_of
        assert original is not None
        assert path_of[photo_id].read_bytes() == path_of[original].read_bytes()


def test_every_other_kept_photo_has_a_sound_image(world: World, plan: Plan) -> None:
    for row in plan.sound[:60]:
        with Image.open(world.folder / "images" / image_name(row)) as image:
            image.load()
            assert sorted(image.size) == [120, 160]
