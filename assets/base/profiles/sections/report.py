"""What the report shows: how many pictures, which model answers, how maps and bins are cut."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ReportConfig(BaseModel):
    """Sizes and choices of `reports/index.html`; nothing here changes a number of the tables."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retrieval_model: str = Field(
        "locsens_raw", description="Model key whose answers the retrieval galleries show; the post shows raw."
    )
    reference_model: str = Field(
        "locsens_zeroed", description="Model key that is told no place; what it answers stands beside the other's."
    )
    tagging_model: str = Field(
        "locsens_raw", description="Model key whose hashtags the tagging galleries set beside MCC's."
    )
    pictures_per_query: int = Field(5, ge=1, le=50, description="Pictures shown for one hashtag and place.")
    tags_per_picture: int = Field(8, ge=1, le=50, description="Hashtags shown for one picture and model.")
    random_tagging_examples: int = Field(
        3, ge=0, le=50, description="Test photos drawn at random beside the one chosen for its difference."
    )
    faked_pictures: int = Field(
        20,
        ge=1,
        le=500,
        description="Pictures that are tagged at faked places, at most, to choose from and average over.",
    )
    thumbnail_px: int = Field(160, ge=16, le=1024, description="Short side of an embedded picture at most, in pixels.")
    near_km: float = Field(
        25.0, gt=0, description="A place is in the collection if a test photo lies this near, in km (city)."
    )
    far_km: float = Field(
        2500.0, gt=0, description="Within this many km of a place a picture is of its part of the world (continent)."
    )
    local_km: float = Field(
        200.0, gt=0, description="Photos this near to a place decide which hashtags are local there (region)."
    )
    local_lift: float = Field(
        3.0,
        gt=1,
        description="A hashtag is local if its share near the place is this many times its share overall.",
    )
    map_cell_degrees: float = Field(2.0, gt=0, le=30, description="Side of a cell of the photo map, in degrees.")
    breakdown_granularities: tuple[str, ...] = Field(
        ("agnostic", "region"), description="Granularities at which precision is broken down."
    )
    breakdown_models: tuple[str, ...] = Field(
        ("mcc", "her", "locsens_zeroed", "locsens_dropout", "locsens_sampling_0.05", "locsens_raw"),
        description="Models whose precision is broken down by continent and by hashtag frequency.",
    )
    breakdown_measures: tuple[Literal["accuracy_at_1", "accuracy_at_10"], ...] = Field(
        ("accuracy_at_1", "accuracy_at_10"), description="Measures of tagging that are broken down."
    )
    breakdown_tagging_models: tuple[str, ...] = Field(
        ("frequency", "nearby_25", "mcc", "her", "locsens_zeroed", "locsens_raw"),
        description="Models whose tagging is broken down by continent and by hashtag frequency.",
    )
    seed: int = Field(0, description="Seed of the random examples.")
