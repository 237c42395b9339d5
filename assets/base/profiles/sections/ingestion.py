"""Sizes and rules of the stage, as sections of a profile. Defaults are the paper's."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FileExtension = Annotated[str, StringConstraints(pattern="^[a-z0-9]+$")]


class IngestionConfig(BaseModel):
    """How source files are cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard_rows: int = Field(100_000, ge=1, description="Consecutive rows of a source file that make a shard, in rows.")


class FilterConfig(BaseModel):
    """Which photos are used; the paper's code takes photos with tags and coordinates, as JPEG or PNG."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    extensions: tuple[FileExtension, ...] = Field(
        ("jpg", "jpeg", "png"),
        min_length=1,
        description="File extensions of images that are used, lower case, without the dot.",
    )
