"""What a sample world is made of: its seed, its sizes and how often things happen in it.

The constants were fixed by criteria on the data alone (`selfcheck`), never by how a model ranks.
"""

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# Raise it with any change of the code that changes bytes: folders of finished worlds are found by it.
GENERATOR_VERSION = 2


class TagRates(BaseModel):
    """How often each kind of hashtag is put on a photo."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    concept: float = Field(default=0.75, ge=0, le=1, description="The concept's own word.")
    synonym: float = Field(default=0.30, ge=0, le=1, description="A synonym of it.")
    local: float = Field(default=0.30, ge=0, le=1, description="Its word in the local language.")
    second: float = Field(default=0.50, ge=0, le=1, description="The second concept's word, where there is one.")
    city: float = Field(default=0.45, ge=0, le=1, description="The city's name.")
    region: float = Field(default=0.15, ge=0, le=1, description="The region's name.")
    country: float = Field(default=0.40, ge=0, le=1, description="The country's name.")
    continent: float = Field(default=0.15, ge=0, le=1, description="The continent's name.")
    local_feature: float = Field(
        default=0.40, ge=0, le=1, description="The word for such a thing at this place, as thames."
    )
    user_word: float = Field(default=0.20, ge=0, le=1, description="Each of the user's three favourite words.")
    noise_words: float = Field(default=0.95, ge=0, description="Mean number of words that mean nothing here.")


class LookConfig(BaseModel):
    """How strongly place and chance change a picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    continent: float = Field(default=0.75, ge=0, le=1, description="Share of the continent's palette.")
    country: float = Field(default=0.03, ge=0, description="Colour shift by country, in units of full scale.")
    city: float = Field(default=0.02, ge=0, description="Colour shift by city.")
    album: float = Field(default=0.11, ge=0, description="Colour shift by album.")
    photo: float = Field(default=0.03, ge=0, description="Colour shift by photo.")
    foreign: float = Field(
        default=0.15, ge=0, le=1, description="Albums whose things are built in some other place's way."
    )
    hidden: float = Field(default=0.15, ge=0, le=1, description="Photos that do not show their concept.")
    second: float = Field(default=0.35, ge=0, le=1, description="Photos that show a second concept.")
    in_front: float = Field(
        default=0.35, ge=0, le=1, description="Share of those in which the second is the larger one."
    )
    close: float = Field(default=0.25, ge=0, le=1, description="Photos that show only a part of the scene.")


class WorldConfig(BaseModel):
    """One sample world.

    The number of photos kept follows from `rows`: half have no location, some no hashtags, a few other
    defects.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="sample", pattern=r"^[a-z0-9-]+$", description="Names the world's folder.")
    seed: int = Field(default=7, ge=0, description="Seed of everything.")
    rows: int = Field(default=30_000, ge=1_000, description="Rows of metadata, malformed ones included.")
    users: int = Field(default=900, ge=10, description="Users.")
    files: int = Field(default=2, ge=2, description="Metadata files that the rows are spread over.")
    width: int = Field(default=160, ge=64, description="Picture width in pixels (height of a portrait).")
    height: int = Field(default=120, ge=48, description="Picture height in pixels (width of a portrait).")
    vector_width: int = Field(default=300, ge=8, description="Width of the word vectors.")
    processes: int = Field(default=2, ge=1, description="Processes that draw; changes no byte.")
    tags: TagRates = TagRates()
    look: LookConfig = LookConfig()

    @model_validator(mode="after")
    def _landscape(self) -> Self:
        if self.width < self.height:
            raise ValueError(f"width must be at least height, found {self.width} x {self.height}")
        return self

    @classmethod
    def tiny(cls, seed: int = 7) -> Self:
        """About 2,000 photos kept: for tests."""
        return cls(name="tiny", seed=seed, rows=4_300, users=150)

    @classmethod
    def sample(cls, seed: int = 7) -> Self:
        """About 14,000 photos kept: for the demo."""
        return cls(name="sample", seed=seed)

    @classmethod
    def medium(cls, seed: int = 7) -> Self:
        """About 100,000 photos kept: for a GPU."""
        return cls(name="medium", seed=seed, rows=217_000, users=5_000, files=10)

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with anything that changes the world's bytes."""
        text = self.model_dump_json(exclude={"processes"})
        return hashlib.sha256(f"{GENERATOR_VERSION}:{text}".encode()).hexdigest()[:12]
