"""How evaluation is done: distances, depth of a ranking, number of queries. The paper's values by default."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from models.config import FrozenConfig

GRANULARITIES: dict[str, float] = {
    "continent": 2500.0,
    "country": 750.0,
    "region": 200.0,
    "city": 25.0,
    "street": 1.0,
}
"""Distance in km within which an image counts, per granularity (paper, location-sensitive retrieval)."""


class EvaluationConfig(FrozenConfig):
    """Evaluation section of a profile."""

    granularities: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default=GRANULARITIES, description="Distance in km within which an image counts, per granularity."
    )
    k: int = Field(default=10, ge=1, description="Depth of precision and accuracy: the 10 of P@10.")
    depth: int = Field(default=50, ge=1, description="Ranks kept in the published rankings.")
    min_test_images: int = Field(
        default=10, ge=1, description="A hashtag is asked for if at least so many test images carry it."
    )
    max_photo_queries: int | None = Field(
        default=None, ge=1, description="Queries of kind photo, drawn by seed; none for one per test photo."
    )
    max_tagging_photos: int | None = Field(
        default=None, ge=1, description="Test photos that are tagged, drawn by seed; none for all."
    )
    seed: int = Field(default=0, ge=0, description="Seed of the draws of queries and of their hashtags.")
    pair_block: int | None = Field(
        default=None,
        ge=1,
        description="Pairs that LocSens scores at once, bounds memory; none for what suits the device.",
    )
    query_block: int = Field(default=1024, ge=1, description="Queries multiplied at once in rankings by dot product.")
    candidate_block: int = Field(
        default=16384,
        ge=1,
        description="Candidates multiplied at once in rankings by dot product.",
    )

    @field_validator("granularities")
    @classmethod
    def _agnostic_is_taken(cls, granularities: dict[str, float]) -> dict[str, float]:
        if "agnostic" in granularities:
            raise ValueError("granularity 'agnostic' has no distance and is always there: leave it out")
        return granularities

    @model_validator(mode="after")
    def _deeper_than_judged(self) -> Self:
        # Without its own photo a query is judged by the ranks up to k + 1.
        if self.depth <= self.k:
            raise ValueError(f"depth must be more than k, which is {self.k}; found {self.depth}")
        return self
