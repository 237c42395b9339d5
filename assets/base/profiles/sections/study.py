"""How the study trains and asks: one budget for every LocSens variant, more queries than a demo needs."""

from pydantic import Field, field_validator

from models.config import FrozenConfig, OptimisationConfig


class StudyConfig(FrozenConfig):
    """Study section of a profile. What the variants are besides is in `assets.study.plan`."""

    optimisation: OptimisationConfig = Field(
        default=OptimisationConfig(),
        description="How every LocSens training is optimised: the same steps and learning rates for all.",
    )
    hidden: tuple[int, ...] = Field(
        default=(2048, 2048, 2048, 1024, 512), min_length=1, description="Widths of LocSens' fused layers."
    )
    norm_groups: int = Field(default=32, ge=1, description="Groups of the group norm after each fused layer.")
    narrow_location: int = Field(
        default=10, ge=1, description="Width of the location representation that claim 7 says is ignored."
    )
    photo_queries: int = Field(
        default=5_000, ge=1, description="Queries of kind photo at most, the same for all seeds."
    )
    tagging_photos: int = Field(default=5_000, ge=1, description="Test photos tagged at most, the same for all seeds.")
    moved_queries: int = Field(
        default=500, ge=1, description="Queries and photos at most that are asked again at another place (claim 8)."
    )

    @field_validator("optimisation")
    @classmethod
    def _whole_budget(cls, optimisation: OptimisationConfig) -> OptimisationConfig:
        if optimisation.patience is not None or optimisation.keep != "last":
            raise ValueError("trainings that are compared run to their last step: expected no patience and keep=last")
        return optimisation
