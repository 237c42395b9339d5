import io
import logging

import pyarrow as pa
import pytest
import torch
from PIL import Image

from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.embeddings.learn import word_targets
from assets.embeddings.photo_sets import locate_images, tags_of
from assets.embeddings.pixels import ChangedImagesError, StoredPixels, pixels_of
from assets.images.read import StoredImageError, read_images
from models.photo_sets import MemoryPixels

LOG = logging.getLogger("tests")
TAG_LISTS = {30: [0, 2], 10: [1], 20: [2, 3, 4], 50: [4], 70: [0]}


def photos(ids):
    return pa.table(
        {
            "photo_id": pa.array(ids, pa.int64()),
            "tag_ids": pa.array([TAG_LISTS[photo_id] for photo_id in ids], pa.list_(pa.int32())),
        }
    )


@pytest.fixture
def stored(storage_url):
    """Two files of images; photo 50 has none, 40 and 60 are of other splits."""
    storage = Storage(storage_url)
    files = []
    for part, ids in enumerate([[20, 40, 10], [60, 30, 70]]):
        rows = []
        for photo_id in ids:
            buffer = io.BytesIO()
            Image.new("RGB", (24, 16), (photo_id * 3, 0, 255 - photo_id * 3)).save(buffer, "JPEG", quality=95)
            rows.append(
                {
                    "photo_id": photo_id,
                    "jpeg": buffer.getvalue(),
                    "width": 24,
                    "height": 16,
                    "sha256": "0" * 64,
                }
            )
        files.append(f"tables/images/shard=a/part-{part}.parquet")
        storage.write_table(files[-1], pa.Table.from_pylist(rows, schema=TABLES["images"].schema()))
    return storage, files


def test_photos_are_found_where_their_images_are(stored):
    storage, files = stored
    located = locate_images(storage, files[::-1], photos([30, 10, 50, 20, 70]))
    assert located.photo_ids.tolist() == [20, 10, 30, 70]
    assert [located.files[index] for index in located.file_of] == [files[0], files[0], files[1], files[1]]
    assert located.row_of.tolist() == [0, 2, 1, 2]
    assert located.parts() == (2, 2)
    rows, tags = located.tags.pairs(torch.arange(4))
    assert list(zip(rows.tolist(), tags.tolist(), strict=True)) == [
        (0, 2),
        (0, 3),
        (0, 4),
        (1, 1),
        (2, 0),
        (2, 2),
        (3, 0),
    ]


def test_nothing_wanted_or_nothing_stored(stored):
    storage, files = stored
    assert len(locate_images(storage, files, photos([]))) == 0
    assert locate_images(storage, files, photos([])).parts() == ()
    assert len(locate_images(storage, [], photos([10]))) == 0
    assert len(locate_images(storage, files, photos([50]))) == 0


def test_only_photos_with_a_known_tag_are_learnable(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    learnable = located.learnable(torch.tensor([True, False, False, True, False]))
    assert learnable.photo_ids.tolist() == [20, 30, 70]
    assert learnable.tags.values.tolist() == [3, 0, 0]
    assert learnable.parts() == (1, 2)


def test_a_spread_takes_first_and_last_and_between(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    assert located.spread(3).photo_ids.tolist() == [20, 30, 70]
    assert located.spread(4) is located


def test_tags_of_a_table_in_several_chunks():
    chunked = pa.concat_tables([photos([30, 50]), photos([]), photos([20])])
    tags = tags_of(chunked)
    assert tags.offsets.tolist() == [0, 2, 3, 6]
    assert tags.values.tolist() == [0, 2, 4, 2, 3, 4]


def test_stored_and_decoded_pixels_are_the_same(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    kept = pixels_of(storage, located, 16, 1.0, 1, LOG)
    stored_pixels = pixels_of(storage, located, 16, 1e-9, 1, LOG)
    assert isinstance(kept, MemoryPixels)
    assert isinstance(stored_pixels, StoredPixels)
    positions = torch.tensor([3, 0, 0, 2])
    assert len(kept) == len(stored_pixels) == 4
    assert torch.equal(kept.take(positions), stored_pixels.take(positions))
    reds = kept.take(torch.arange(4)).float().mean(dim=(2, 3))[:, 0].tolist()
    assert reds == pytest.approx([60, 30, 90, 210], abs=3)


def test_no_more_files_are_held_than_are_in_use(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    pixels = StoredPixels(storage, located, 16, window=1)
    for _ in range(3):
        pixels.take(torch.arange(4))
    assert len(pixels._files) == 2
    narrow = StoredPixels(storage, located, 16, window=1)
    narrow._kept = 1
    narrow.take(torch.tensor([3, 0, 3]))
    assert len(narrow._files) == 1


def test_damage_is_told_with_the_photo(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    table = storage.read_table(files[1])
    storage.write_table(files[1], table.set_column(1, "jpeg", pa.array([b"x", b"not a jpeg", b"x"])))
    with pytest.raises(StoredImageError, match="photo 30: expected the JPEG that was stored, found damage"):
        StoredPixels(storage, located, 16, 1).take(torch.tensor([0, 2]))


def test_images_that_changed_meanwhile_are_noticed(stored):
    storage, files = stored
    located = locate_images(storage, files, photos([30, 10, 20, 70]))
    storage.write_table(files[1], storage.read_table(files[1]).slice(0, 2))
    with pytest.raises(ChangedImagesError, match="expected 4 photos, found 3"):
        pixels_of(storage, located, 16, 1.0, 1, LOG)
    assert len(read_images(storage, files, 16)[0]) == 5


def test_word_vectors_by_tag():
    words = pa.table(
        {
            "tag_id": pa.array([3, 1, 0], pa.int32()),
            "vector": pa.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]], pa.list_(pa.float32(), 2)),
        }
    )
    targets = word_targets(words, 5)
    assert targets.vectors.tolist() == [[0, 0], [3, 4], [0, 0], [1, 2], [0, 0]]
    assert targets.known.tolist() == [False, True, False, True, False]
