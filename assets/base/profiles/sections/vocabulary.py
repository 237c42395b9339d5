"""Which hashtags become the vocabulary: the stage's hyper-parameters."""

from pydantic import BaseModel, ConfigDict, Field


class VocabularyConfig(BaseModel):
    """Rules of the vocabulary, applied in the order given; defaults are the paper's (section 4)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forbid_digits: bool = Field(True, description="Leave out hashtags that hold a digit.")
    require_word_vector: bool = Field(
        True,
        description="Leave out hashtags without a word vector; skipped without a file of them.",
    )
    min_photos: int = Field(
        1, ge=1, description="Leave out hashtags on fewer photos; in photos. The paper has no such rule: 1."
    )
    skip_most_frequent: int = Field(
        10, ge=0, description="Leave out this many of the most frequent hashtags that the rules above leave."
    )
    size: int = Field(100_000, ge=1, description="Hashtags in the vocabulary, at most.")
