from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from assets.base.profiles.sections.splits import SplitConfig
from assets.base.tables.photos import DUPLICATE_PHOTOS, GEOTAGGED_PHOTOS, PHOTOS, UNUSED_PHOTOS, VOCABULARY
from assets.splits.figures import COLOURS, photo_map
from assets.splits.select import select_photos

TAKEN = datetime.fromisoformat("2010-05-04T03:02:01")
WORDS = ["london", "art", *(f"word{chr(97 + i)}" for i in range(18))]


def geotagged(*rows: tuple[int, list[str]], lat=51.5, lon=-0.12, user="ann") -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "photo_id": photo_id,
                "user_id": user,
                "taken_at": TAKEN,
                "title": "t",
                "tags": tags,
                "latitude": lat,
                "longitude": lon,
                "license": "CC BY",
                "download_url": f"http://x/{photo_id}.jpg",
                "hash": f"{photo_id:x}",
                "line_number": number,
            }
            for number, (photo_id, tags) in enumerate(rows, 1)
        ],
        schema=GEOTAGGED_PHOTOS.schema(),
    )


VOCAB = pa.table(
    {
        "tag_id": range(len(WORDS)),
        "tag": WORDS,
        "photos": [1] * len(WORDS),
        "users": [1] * len(WORDS),
        "is_place": [False] * len(WORDS),
    },
    schema=VOCABULARY.schema(),
)


def duplicates(*rows: tuple[int, str, bool]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"photo_id": i, "shard_key": shard, "kept": kept} for i, shard, kept in rows],
        schema=DUPLICATE_PHOTOS.schema(),
    )


def select(table, dups=None, **config):
    return select_photos(table, VOCAB, duplicates() if dups is None else dups, "a-00000", SplitConfig(**config))


def test_tags_are_restricted_to_the_vocabulary_by_ascending_id():
    selection = select(geotagged((7, ["worda", "nowhere", "art", "london"])), test_fraction=0.9, validation_fraction=0)
    (row,) = pa.concat_tables(selection.photos.values()).to_pylist()
    assert row["tags"] == ["london", "art", "worda"]
    assert row["tag_ids"] == [0, 1, 2]
    assert (row["country"], row["continent"]) == ("GB", "EU")
    assert row["city"]
    assert row["download_url"] == "http://x/7.jpg"
    assert row["taken_at"] == TAKEN
    for table in selection.photos.values():
        assert table.schema.equals(PHOTOS.schema())


def test_every_photo_has_one_fate_and_the_first_rule_is_the_reason():
    many = [f"word{chr(97 + i)}" for i in range(16)]
    table = geotagged(
        (1, ["london"]),
        (2, ["nowhere"]),
        (3, many),
        (4, many[:15]),
        (5, ["london"]),
        (6, ["nowhere"]),
        (8, many),
        (9, []),
    )
    here, elsewhere = "a-00000", "b-00000"
    dups = duplicates(
        *((photo, here, False) for photo in (5, 6, 8)),
        *((photo, elsewhere, True) for photo in (5, 6, 8)),
        *((1, here, True), (1, elsewhere, False), (4, elsewhere, False)),
    )
    selection = select(table, dups)
    assert selection.unused.schema.equals(UNUSED_PHOTOS.schema())
    assert selection.unused.to_pylist() == [
        {"photo_id": 2, "reason": "no_vocabulary_tag"},
        {"photo_id": 3, "reason": "too_many_tags"},
        {"photo_id": 5, "reason": "duplicate"},
        {"photo_id": 6, "reason": "duplicate"},
        {"photo_id": 8, "reason": "duplicate"},
        {"photo_id": 9, "reason": "no_vocabulary_tag"},
    ]
    used = [photo for table in selection.photos.values() for photo in table.column("photo_id").to_pylist()]
    assert sorted(used) == [1, 4]
    assert selection.counts() == {
        "train": 2, "validation": 0, "test": 0, "duplicate": 3, "no_vocabulary_tag": 2, "too_many_tags": 1,
    }  # fmt: skip


@pytest.mark.parametrize("table", [geotagged(), geotagged((1, ["nowhere"]))])
def test_a_shard_with_nothing_kept(table):
    selection = select(table)
    assert list(selection.photos) == ["train", "validation", "test"]
    for part in selection.photos.values():
        assert part.equals(PHOTOS.empty())
    assert selection.unused.num_rows == table.num_rows


def test_many_photos_split_by_fraction_in_the_order_of_the_shard():
    table = geotagged(*((i, ["london"]) for i in range(5000, 0, -1)))
    selection = select(table, test_fraction=0.2, validation_fraction=0.05)
    counts = selection.counts()
    assert counts["test"] == pytest.approx(1000, abs=120)
    assert counts["validation"] == pytest.approx(250, abs=70)
    for part in selection.photos.values():
        assert (np.diff(part.column("photo_id").to_numpy()) < 0).all()
    assert sum(counts.values()) == 5000


def test_photos_without_user_are_counted():
    assert select(geotagged((1, ["london"]), (2, ["art"]), user=None)).without_user == 2


def test_the_map_draws(tmp_path):
    selection = select(geotagged(*((i, ["london"]) for i in range(50))))
    figure = photo_map(selection.photos)
    figure.savefig(tmp_path / "map.png")
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == [f"{split}: {count}" for split, count in selection.counts().items() if split in COLOURS]
