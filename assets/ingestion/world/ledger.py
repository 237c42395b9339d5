"""What is wrong with a sample world: each defect, where it is, and what the pipeline must say about it."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Table = Literal["rejected_rows", "dropped_photos", "duplicate_photos", "unused_photos", "image_status", "photos"]


class Defect(BaseModel):
    """One kind of defect.

    A row carries at most one of them. `table` is where a detectable one must show, with `reason` as its
    reason or status; a detectable defect with table `photos` must change nothing (the row is read and
    kept). Silent ones cannot be noticed.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    detectable: bool
    table: Table
    reason: str
    count: int
    photo_ids: list[int] = Field(default_factory=list, description="Ids of the rows meant, in the order of lines.")
    lines: list[tuple[str, int]] = Field(
        default_factory=list,
        description="File name and line (from 1) of the rows meant: of a pair, the one left out.",
    )


class FileCount(BaseModel):
    """Rows of one metadata file."""

    model_config = ConfigDict(extra="forbid")

    rows: int
    rejected: int


class Ledger(BaseModel):
    """All defects of a world, and what must come out of it with the sample's rules.

    The rules: YFCC100M's filters, hashtags with digits or without a word vector left out, the ten most
    frequent skipped, 1 to 15 hashtags a photo.
    """

    model_config = ConfigDict(extra="forbid")

    digest: str
    folder: str
    files: dict[str, FileCount]
    defects: list[Defect]
    dropped: dict[str, int] = Field(description="Rows by reason in dropped_photos.")
    geotagged: int = Field(description="Rows of geotagged_photos.")
    duplicates: int = Field(description="Ids found in more than one file.")
    unused: dict[str, int] = Field(description="Rows by reason in unused_photos.")
    photos: int = Field(description="Rows of photos.")
    images: dict[str, int] = Field(description="Wanted images by status.")
    skipped_tags: list[str] = Field(description="The ten most frequent hashtags, most frequent first.")
    vocabulary: int = Field(description="Hashtags left for the vocabulary, if it is not limited further.")

    @property
    def rows(self) -> int:
        """Rows of all files, malformed ones included."""
        return sum(file.rows for file in self.files.values())

    @property
    def rejected(self) -> int:
        """Malformed rows."""
        return sum(file.rejected for file in self.files.values())

    def defect(self, name: str) -> Defect:
        """The defect of that name.

        Raises:
            KeyError: There is none.
        """
        for defect in self.defects:
            if defect.name == name:
                return defect
        raise KeyError(f"no defect {name!r}; there are {', '.join(d.name for d in self.defects)}")

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Ledger":
        """Read one back."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
