import numpy as np
import pyarrow as pa
import pytest
import torch

from assets.base.storage import Storage
from assets.base.tables import TABLES
from assets.images.read import StoredImageError, decode_square, iter_images, iter_pixels, read_images

FILES = ["tables/images/shard=s/part-0.parquet", "tables/images/shard=s/part-1.parquet"]


@pytest.fixture
def storage(storage_url, picture) -> Storage:
    """Seven stored images in two parts: wide, tall, square and smaller than what is asked for."""
    one = Storage(storage_url)
    sizes = [(60, 40), (40, 60), (48, 48), (20, 12), (64, 40), (40, 41), (200, 40)]
    for part, path in enumerate(FILES):
        rows = [
            {
                "photo_id": 10 * n,
                "jpeg": picture(n, sizes[n]),
                "width": sizes[n][0],
                "height": sizes[n][1],
                "sha256": "",
            }
            for n in range(part * 4, 4 + part * 3)
        ]
        one.write_table(path, pa.Table.from_pylist(rows, schema=TABLES["images"].schema()))
    return one


def test_images_come_in_order_part_by_part(storage, picture) -> None:
    batches = list(iter_images(storage, FILES, rows=3))
    assert [batch.num_rows for batch in batches] == [3, 1, 3]
    assert [one for batch in batches for one in batch["photo_id"].to_pylist()] == [0, 10, 20, 30, 40, 50, 60]
    assert batches[0]["jpeg"][1].as_py() == picture(1, (40, 60))
    assert list(iter_images(storage, [])) == []


def test_all_images_as_one_tensor(storage, picture) -> None:
    ids, pixels = read_images(storage, FILES, 24)
    assert ids.dtype == np.int64
    assert ids.tolist() == [0, 10, 20, 30, 40, 50, 60]
    assert (pixels.dtype, tuple(pixels.shape)) == (torch.uint8, (7, 3, 24, 24))
    for row, (number, size) in enumerate([(0, (60, 40)), (1, (40, 60)), (2, (48, 48)), (3, (20, 12))]):
        assert torch.equal(pixels[row], decode_square(picture(number, size), 24))


def test_some_images(storage) -> None:
    ids, pixels = read_images(storage, FILES, 16, only={60, 10, 999})
    assert ids.tolist() == [10, 60]
    everything = read_images(storage, FILES, 16)[1]
    assert torch.equal(pixels, everything[[1, 6]])
    assert read_images(storage, FILES, 16, only=[])[1].shape == (0, 3, 16, 16)
    assert read_images(storage, [], 16)[0].tolist() == []
    batches = list(iter_pixels(storage, FILES, 16, rows=2))
    assert torch.equal(torch.cat([batch for _, batch in batches]), everything)


def test_the_middle_square_is_kept() -> None:
    import io

    from PIL import Image

    strip = np.zeros((40, 120, 3), np.uint8)
    strip[:, 40:80] = 255
    buffer = io.BytesIO()
    Image.fromarray(strip).save(buffer, "JPEG", quality=95)
    square = decode_square(buffer.getvalue(), 40)
    assert square[:, :, 2:-2].float().mean() > 250


def test_a_damaged_image_is_named(storage) -> None:
    row = {"photo_id": 7, "jpeg": b"no more", "width": 1, "height": 1, "sha256": ""}
    storage.write_table(FILES[0], pa.Table.from_pylist([row], schema=TABLES["images"].schema()))
    with pytest.raises(StoredImageError, match="photo 7: expected the JPEG that was stored"):
        read_images(storage, FILES, 16)
