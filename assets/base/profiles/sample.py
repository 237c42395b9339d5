"""Profile `sample`: the demo, everything on two cores within ten minutes. Says where and why it departs from the paper.

- Pictures of 64 pixels and a small CNN from random weights: a ResNet-50 takes hours on two cores.
- AdamW with a cosine schedule: the paper's SGD rates need far more steps than a laptop has.
- LocSens with 512-wide layers: the paper's widths take ten times as long a step.
- A test split of 20 %: 2 % of 14,000 photos would leave hashtags without their ten test images.
"""

from assets.base.profiles.profile import Profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.profiles.sections.images import ImageConfig
from assets.base.profiles.sections.ingestion import IngestionConfig
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.profiles.sections.world import WorldConfig
from assets.base.profiles.small import small_embeddings, small_variants

PROFILE = Profile(
    name="sample",
    world=WorldConfig.sample(),
    ingestion=IngestionConfig(shard_rows=7_500),
    vocabulary=VocabularyConfig(size=1_000, min_photos=5),
    splits=SplitConfig(test_fraction=0.2, validation_fraction=0.05),
    images=ImageConfig(short_side=64),
    embeddings=small_embeddings(steps=800, batch_size=128, image_side=64, crop=56, widths=(32, 64, 128, 256)),
    locsens=small_variants(steps=700, batch_size=256, hidden=(512, 512, 512, 512, 512)),
    evaluation=EvaluationConfig(max_photo_queries=500),
)
