"""Pictures of some photos, found in the shards that hold them and made small enough to embed."""

import io
from collections.abc import Collection

import polars as pl
from PIL import Image

from assets.evaluation.candidates import Published


def load_jpegs(
    published: Published, photo_ids: Collection[int], short_side: int, splits: Collection[str] = ("test",)
) -> dict[int, bytes]:
    """JPEGs of some photos.

    Args:
        published: Where they are read from; of `images` only the parts of the shards that hold these photos.
        photo_ids: Which photos; one without an image is left out.
        short_side: Pixels; larger pictures are made smaller.
        splits: Splits that they may be in.
    """
    wanted = sorted(set(photo_ids))
    found: dict[int, bytes] = {}
    for shard in _shards(published, wanted, splits):
        for path in published.files("images", shard):
            ids = pl.from_arrow(published.storage.read_table(path, ["photo_id"]))
            assert isinstance(ids, pl.DataFrame)
            if not ids["photo_id"].is_in(wanted).any():
                continue
            part = pl.from_arrow(published.storage.read_table(path, ["photo_id", "jpeg"]))
            assert isinstance(part, pl.DataFrame)
            rows = part.filter(pl.col("photo_id").is_in(wanted))
            found.update((number, shrunk(jpeg, short_side)) for number, jpeg in rows.iter_rows())
    return found


def _shards(published: Published, photo_ids: list[int], splits: Collection[str]) -> list[str]:
    """Keys of the shards whose photos include some of these."""
    keys: dict[str, None] = {}
    for path in published.files("photos"):
        folders = dict(part.split("=", 1) for part in path.split("/") if "=" in part)
        if folders.get("split") not in splits:
            continue
        ids = pl.from_arrow(published.storage.read_table(path, ["photo_id"]))
        assert isinstance(ids, pl.DataFrame)
        if ids["photo_id"].is_in(photo_ids).any():
            keys[folders["shard"]] = None
    return list(keys)


def shrunk(jpeg: bytes, short_side: int) -> bytes:
    """The JPEG as it is, or made smaller if its short side has more pixels than that."""
    with Image.open(io.BytesIO(jpeg)) as image:
        factor = short_side / min(image.size)
        if factor >= 1:
            return jpeg
        width, height = (max(1, round(side * factor)) for side in image.size)
        smaller = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return image.size
