"""What the tables' columns have in common: their types, and columns that many tables share."""

import pyarrow as pa

from assets.base.schema import Column

TEXT = pa.string()
TAGS = pa.list_(pa.string())
F64 = pa.float64()
F32 = pa.float32()
I64 = pa.int64()
I32 = pa.int32()
I16 = pa.int16()
STAMP = pa.timestamp("us")


def photo_id(origin: str = "") -> Column:
    """A table's `photo_id`; `origin` is the column that it comes from, where it comes from one."""
    return Column("photo_id", I64, "Photo id, unique in the collection.", (origin,) if origin else (), False)


def same(name: str, kind: pa.DataType, description: str, upstream: str, *, nullable: bool = True) -> Column:
    """A column as the table `upstream` has it, under the same name."""
    return Column(name, kind, description, (f"{upstream}.{name}",), nullable)


def place(upstream: str, *, nullable: bool = False) -> tuple[Column, Column]:
    """Latitude and longitude as the table `upstream` has them."""
    return (
        same("latitude", F64, "Latitude in degrees, -90 to 90.", upstream, nullable=nullable),
        same("longitude", F64, "Longitude in degrees, -180 to 180.", upstream, nullable=nullable),
    )
