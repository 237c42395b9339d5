"""A manifest: somebody's own collection as a table of photos, made into the same shards as YFCC100M's rows.

The file's own form (CSV, JSON lines, Parquet) is read in `assets.ingestion.manifest_rows`.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

import polars as pl
import pyarrow as pa

from assets.base.tables.photos import RAW_PHOTOS
from assets.ingestion.csv_records import text_of
from assets.ingestion.ids import PhotoIds
from assets.ingestion.manifest_rows import OPTIONAL_COLUMNS, RowBatch
from assets.ingestion.numbers import number, number_is_bad
from assets.ingestion.shards import Shard, ShardCollector, rejections

_IS_URL = "^[A-Za-z][A-Za-z0-9+.-]*://"
_SAFE_PATH = "^[A-Za-z0-9/_.~-]*$"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)$"
_DATES = ("%Y-%m-%d %H:%M:%S%.f", "%Y:%m:%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_PLACES = ("latitude", "longitude")


def read_manifest(
    source_file: str, url: str, batches: Iterator[RowBatch], ids: PhotoIds | None = None
) -> Iterator[Shard]:
    """Make a manifest's rows into shards; every row is in exactly one, as raw or as rejected.

    Args:
        source_file: Key of the file.
        url: Where the manifest is, without credentials: images may be given relative to it.
        batches: Its rows.
        ids: What turns ids into numbers; its default hash is replaced in tests only.

    Raises:
        WrongFormatError: Two different ids become the same number (found when all rows are read).
    """
    ids = ids or PhotoIds()
    shards = ShardCollector(source_file)
    for batch in batches:
        yield from shards.add(batch.shard, batch.rows, *_parse(batch, url, ids))
    ids.refuse_collisions(url)
    yield from shards.finish()


def _parse(batch: RowBatch, url: str, ids: PhotoIds) -> tuple[pa.Table, pl.DataFrame]:
    absent = [name for name in OPTIONAL_COLUMNS if name not in batch.fields.columns]
    fields = batch.fields.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    fields = fields.with_columns(photo_id=pl.col("photo_id").cast(pl.String).str.strip_chars())
    fields = fields.with_columns(reason=_reason(fields.schema))
    bad = fields.filter(pl.col("reason").is_not_null())
    rejected = pl.concat(
        [
            batch.rejected,
            rejections(bad["row"].to_list(), bad["reason"].to_list(), _as_written(bad, batch.fields.columns)),
        ]
    )
    return _raw(fields.filter(pl.col("reason").is_null()), url, ids), rejected


def _as_written(rows: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """The fields that a manifest has, with commas between them: how they were quoted is gone."""
    fields = rows.select(name for name in columns if name != "row")
    return [text_of(["" if value is None else str(value) for value in row], ",") for row in fields.iter_rows()]


def _reason(schema: pl.Schema) -> pl.Expr:
    faults = [
        pl.when(pl.col("photo_id").fill_null("") == "").then(pl.lit("photo_id is missing")),
        *(
            pl.when(number_is_bad(name)).then(pl.lit(f"{name} is not a number"))
            for name in _PLACES
            if schema[name] == pl.String
        ),
    ]
    return pl.coalesce(faults)


def _raw(rows: pl.DataFrame, url: str, ids: PhotoIds) -> pa.Table:
    schema = rows.schema
    image = pl.col("image").cast(pl.String).str.strip_chars()
    path = pl.when(image.str.contains(_IS_URL)).then(image.str.extract("^([^?#]*)")).otherwise(image)
    values = rows.select(
        photo_id=ids.numbers(rows["photo_id"], rows["row"]),
        source_id=pl.col("photo_id"),
        user_id=pl.col("user_id").cast(pl.String),
        taken_at=_taken_at(schema["taken_at"]),
        title=pl.col("title").cast(pl.String),
        tags=_tags(schema["tags"]),
        machine_tags=pl.lit([], dtype=pl.List(pl.String)),
        longitude=_degrees("longitude", schema),
        latitude=_degrees("latitude", schema),
        download_url=_located(rows.select(image)["image"], url),
        license=pl.col("license").cast(pl.String),
        extension=path.str.extract(r"\.([A-Za-z0-9]+)$").str.to_lowercase(),
        is_video=pl.lit(value=False),
        line_number=pl.col("row"),
    )
    absent = {c.name: pl.lit(None) for c in RAW_PHOTOS.columns if c.name not in values.columns}
    complete = values.with_columns(**absent).drop("source_file")
    return complete.to_arrow(compat_level=pl.CompatLevel.oldest())


def _degrees(name: str, schema: pl.Schema) -> pl.Expr:
    return number(name) if schema[name] == pl.String else pl.col(name).cast(pl.Float64)


def _tags(kind: pl.DataType) -> pl.Expr:
    tags = pl.col("tags")
    lists = tags if isinstance(kind, pl.List) else tags.cast(pl.String).str.split(",")
    stripped = lists.list.eval(pl.element().str.strip_chars()).list.eval(
        pl.element().filter(pl.element().is_not_null() & (pl.element() != ""))
    )
    return stripped.fill_null([])


def _taken_at(kind: pl.DataType) -> pl.Expr:
    taken_at = pl.col("taken_at")
    if kind.is_temporal():
        # What the clock on the wall showed: a zone, if there is one, is left away and not converted.
        local = taken_at.dt.replace_time_zone(None) if isinstance(kind, pl.Datetime) else taken_at
        return local.cast(pl.Datetime("us"), strict=False)
    text = taken_at.cast(pl.String).str.strip_chars().str.replace("T", " ", literal=True)
    plain = pl.when(text.str.len_chars() > len("2000-01-01")).then(text.str.replace(_ZONE, "")).otherwise(text)
    return pl.coalesce(plain.str.strip_chars().str.to_datetime(form, time_unit="us", strict=False) for form in _DATES)


def _located(images: pl.Series, url: str) -> pl.Series:
    """Where images are: URLs stay, paths are looked for beside the manifest, absolute ones on its machine."""
    parts = urlsplit(url)
    is_web = parts.scheme in ("http", "https")
    folder = url.rpartition("/")[0]
    origin = f"{parts.scheme}://{parts.netloc}" if is_web else "file://"
    if parts.scheme == "file":
        folder = str(PurePosixPath(url.removeprefix("file://")).parent)
    image = pl.col("image").str.strip_prefix("./")
    is_local = (parts.scheme == "file") | (image.str.starts_with("/") & (not is_web))
    path = (
        pl.when(image.str.starts_with("/"))
        .then(image if not is_web else pl.lit(origin) + image)
        .otherwise(pl.lit(f"{folder.rstrip('/')}/") + image)
    )
    located = (
        pl.when(image.str.contains(_IS_URL))
        .then(image)
        .when(is_local)
        .then(pl.lit("file://") + path.map_batches(_quoted, return_dtype=pl.String))
        .otherwise(path)
    )
    return images.to_frame("image").select(located.alias("download_url")).to_series()


def _quoted(paths: pl.Series) -> pl.Series:
    """Paths as they are written in a URL."""
    odd = ~paths.str.contains(_SAFE_PATH).fill_null(value=True)
    quoted = pl.Series([quote(path) for path in paths.filter(odd)], dtype=pl.String)
    return paths.clone().scatter(odd.arg_true(), quoted)
