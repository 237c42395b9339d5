"""How photos with vocabulary hashtags are split: the stage's hyper-parameters."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SplitConfig(BaseModel):
    """Which photos are used and where they go; defaults are the paper's (section 4 and its code)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_tags: int = Field(15, ge=1, description="Photos with more vocabulary hashtags are dropped, not truncated.")
    test_fraction: float = Field(
        0.02, ge=0, lt=1, description="Share of test photos: the paper's 500,000 of some 25 million."
    )
    validation_fraction: float = Field(
        0.01, ge=0, lt=1, description="Share of validation photos: the paper's 250,000 of some 25 million."
    )
    split_by: Literal["photo", "user"] = Field(
        "photo",
        description="What is drawn: photos, as in the paper, or users, so that no user is in two splits.",
    )
    key: str = Field("locsens", min_length=1, description="Key of the hash that draws: another key, another split.")

    @model_validator(mode="after")
    def _leave_photos_to_train_on(self) -> Self:
        if self.test_fraction + self.validation_fraction >= 1:
            raise ValueError(
                f"test_fraction {self.test_fraction} and validation_fraction {self.validation_fraction} "
                "leave nothing to train on: expected a sum below 1"
            )
        return self
