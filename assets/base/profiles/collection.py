"""Profile `collection`: somebody's own photos, some thousands to some hundred thousand, on an ordinary machine.

- A test split of 20 % and validation of 5 %: a collection is small.
- No hashtags skipped: in somebody's own collection the most frequent ones mean something.
- Hashtags on fewer than ten photos are left out: nothing can be learnt from them, nor measured.
- A study of twice the steps; three seeds of some ten thousand photos take hours on two cores.
- A small CNN from random weights, AdamW and narrower LocSens layers, as in `sample`.
"""

from assets.base.profiles.profile import Profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.profiles.sections.images import ImageConfig
from assets.base.profiles.sections.ingestion import FilterConfig, IngestionConfig
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.profiles.sections.study import StudyConfig
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.profiles.small import QUARTER, adamw, small_embeddings, small_variants

PROFILE = Profile(
    name="collection",
    ingestion=IngestionConfig(shard_rows=10_000),
    filters=FilterConfig(extensions=("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")),
    vocabulary=VocabularyConfig(size=20_000, skip_most_frequent=0, min_photos=10),
    splits=SplitConfig(test_fraction=0.2, validation_fraction=0.05),
    images=ImageConfig(short_side=96),
    embeddings=small_embeddings(
        mcc_steps=2_400, steps=1_600, batch_size=64, image_side=96, crop=72, widths=(32, 64, 128, 256)
    ),
    locsens=small_variants(steps=1_000, batch_size=256, layers=QUARTER),
    evaluation=EvaluationConfig(max_photo_queries=1_000),
    study=StudyConfig(
        optimisation=adamw(steps=2_000, batch_size=256, learning_rate=1e-3),
        **QUARTER._asdict(),
        photo_queries=2_000,
        tagging_photos=2_000,
    ),
)
