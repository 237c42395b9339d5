import numpy as np
import polars as pl
import pytest

from assets.evaluation.candidates import read_test_photos, to_test_photos


def photos(*rows):
    return to_test_photos(
        pl.DataFrame(
            [
                {"photo_id": i, "latitude": lat, "longitude": lon, "continent": continent, "tag_ids": tags}
                for i, lat, lon, continent, tags in rows
            ],
            schema={
                "photo_id": pl.Int64,
                "latitude": pl.Float64,
                "longitude": pl.Float64,
                "continent": pl.String,
                "tag_ids": pl.List(pl.Int32),
            },
        )
    )


def test_only_test_photos_with_an_image(evaluated):
    found = read_test_photos(evaluated)
    rows = pl.from_arrow(evaluated.read("image_status")).filter(pl.col("status") == "ok")
    test_files = [path for path in evaluated.files("photos") if "/split=test/" in path]
    tested = pl.concat([pl.from_arrow(evaluated.storage.read_table(path)) for path in test_files])
    expected = tested.join(rows, on="photo_id", how="semi").sort("photo_id")
    assert 0 < len(found) < tested.height
    assert found.photo_ids.tolist() == expected["photo_id"].to_list()
    assert found.places.tolist() == expected.select("latitude", "longitude").to_numpy().tolist()
    tags = [found.tag_ids[a:b].tolist() for a, b in zip(found.offsets, found.offsets[1:], strict=False)]
    assert tags == expected["tag_ids"].to_list()


def test_photos_are_ordered_by_id_with_their_own_tags():
    some = photos((9, 1.0, 2.0, None, [4, 2]), (3, 5.0, 6.0, "EU", [7]))
    assert some.photo_ids.tolist() == [3, 9]
    assert some.places.tolist() == [[5.0, 6.0], [1.0, 2.0]]
    assert some.continents.tolist() == ["EU", ""]
    assert (some.tag_ids.tolist(), some.owners.tolist()) == ([7, 2, 4], [0, 1, 1])


def test_carry_by_brute_force(evaluated):
    some = read_test_photos(evaluated)
    index, tags = np.meshgrid(np.arange(len(some)), np.arange(20), indexing="ij")
    expected = [
        [tag in some.tag_ids[some.offsets[photo] : some.offsets[photo + 1]] for tag in range(20)]
        for photo in range(len(some))
    ]
    assert some.carry(index, tags).tolist() == expected
    assert some.carry(np.array([0]), np.array([[0], [99]])).shape == (2, 1)


def test_positions_and_photos_that_are_not_there():
    some = photos((3, 0, 0, "EU", [0]), (9, 0, 0, "EU", [1]))
    assert some.positions([9, 3, 9]).tolist() == [1, 0, 1]
    for unknown in (4, 10, 1):
        with pytest.raises(ValueError, match=f"photo {unknown}: expected a test photo with an image"):
            some.positions([3, unknown])


def test_select_keeps_what_belongs_to_the_photos():
    some = photos((1, 1, 1, "EU", [0, 5]), (2, 2, 2, "AS", [1]), (3, 3, 3, "NA", [0, 2, 4]))
    part = some.select(np.array([2, 0]))
    assert part.photo_ids.tolist() == [1, 3]
    assert part.continents.tolist() == ["EU", "NA"]
    assert part.tag_ids.tolist() == [0, 5, 0, 2, 4]
    assert part.offsets.tolist() == [0, 2, 5]


def test_no_photos_at_all():
    none = photos()
    assert len(none) == 0
    assert none.carry(np.zeros(0, int), np.zeros(0, int)).tolist() == []
