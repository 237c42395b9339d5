"""What a profile is. Its defaults are the paper's values; the files beside say where they depart and why."""

import hashlib
import importlib
from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.profiles.sections.images import ImageConfig
from assets.base.profiles.sections.ingestion import FilterConfig, IngestionConfig
from assets.base.profiles.sections.report import ReportConfig
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.profiles.sections.study import StudyConfig
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.profiles.sections.world import WorldConfig
from models.config import PAPER_VARIANTS, VariantConfig
from models.embedding_config import EmbeddingsConfig

NAMES = ("tiny", "sample", "collection", "paper")


class ProfileError(ValueError):
    """A profile is unknown."""


class Profile(BaseModel):
    """One section for each part of the road."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name of the profile.")
    seed: int = Field(0, ge=0, description="Seed that the results are published under.")
    world: WorldConfig = Field(WorldConfig(), description="The generated world that source `sample` reads.")
    ingestion: IngestionConfig = Field(IngestionConfig(), description="How source files are cut into shards.")
    filters: FilterConfig = Field(FilterConfig(), description="Which photos are kept.")
    vocabulary: VocabularyConfig = Field(VocabularyConfig(), description="Which hashtags are kept.")
    splits: SplitConfig = Field(SplitConfig(), description="How photos are split.")
    images: ImageConfig = Field(ImageConfig(), description="How images are fetched and kept.")
    embeddings: EmbeddingsConfig = Field(EmbeddingsConfig(), description="The embedding models.")
    locsens: dict[str, VariantConfig] = Field(PAPER_VARIANTS, description="The LocSens variants.")
    evaluation: EvaluationConfig = Field(EvaluationConfig(), description="Queries and measures.")
    study: StudyConfig = Field(StudyConfig(), description="The study with several seeds.")
    report: ReportConfig = Field(ReportConfig(), description="What the report shows.")

    @model_validator(mode="after")
    def _one_seed(self) -> Self:
        methods = self.embeddings
        seeds = {
            "evaluation": self.evaluation.seed,
            **{f"embeddings.{one.method}": one.optimisation.seed for one in (methods.mcc, methods.mlc, methods.her)},
            **{f"locsens.{name}": variant.optimisation.seed for name, variant in self.locsens.items()},
        }
        other = [section for section, seed in seeds.items() if seed != self.seed]
        if other:
            raise ValueError(f"results are published under seed {self.seed}, another is set in {', '.join(other)}")
        return self

    def section_hash(self, sections: Sequence[str]) -> str:
        """Hash of some sections, 16 hex digits.

        Args:
            sections: Names of sections, dotted where only a part counts, such as `locsens.retrieval_raw`.

        Raises:
            ProfileError: There is no such section.
        """
        digest = hashlib.sha256()
        for section in sections:
            value: object = self
            for part in section.split("."):
                value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
            if value is None:
                raise ProfileError(f"profile {self.name}: no section {section}")
            text = value.model_dump_json() if isinstance(value, BaseModel) else repr(value)
            digest.update(f"{section}={text}\n".encode())
        return digest.hexdigest()[:16]


def load_profile(name: str) -> Profile:
    """A profile by name.

    Raises:
        ProfileError: There is no such profile.
    """
    if name not in NAMES:
        raise ProfileError(f"profile {name!r}: unknown, expected one of {', '.join(NAMES)}")
    profile = importlib.import_module(f"assets.base.profiles.{name}").PROFILE
    assert isinstance(profile, Profile)
    return profile
