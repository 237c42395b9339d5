"""Profile `sample`: the demo, everything on two cores within ten minutes. Says where and why it departs from the paper.

- Pictures of 64 pixels and a small CNN from random weights: a ResNet-50 takes hours on two cores.
- AdamW with a cosine schedule: the paper's SGD rates need far more steps than a laptop has. For the same reason MCC
  learns all hashtags of a photo at once (`small_embeddings` says why), in many small batches.
- LocSens with an eighth of the paper's widths: those take some thirty times the multiplications, and a quarter is no
  better on validation in retrieval (precision at 10 17.2 with either, raw locations; in tagging accuracy at 10 77
  against 74).
- 250 validation photos are ranked for, three times a training: all 646 would cost a training some seconds more.
- 400 photo queries and 1,200 tagged photos: enough to see the differences, a quarter of the time.
- The study: twice the steps of the demo, the same network; three seeds must fit into 90 minutes.
- A test split of 20 %: 2 % of 14,000 photos would leave hashtags without their ten test images.
"""

from assets.base.profiles.profile import Profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.profiles.sections.images import ImageConfig
from assets.base.profiles.sections.ingestion import IngestionConfig
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.profiles.sections.study import StudyConfig
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.profiles.sections.world import WorldConfig
from assets.base.profiles.small import EIGHTH, adamw, small_embeddings, small_variants

PROFILE = Profile(
    name="sample",
    world=WorldConfig.sample(),
    ingestion=IngestionConfig(shard_rows=7_500),
    vocabulary=VocabularyConfig(size=1_000),
    splits=SplitConfig(test_fraction=0.2, validation_fraction=0.05),
    images=ImageConfig(short_side=64),
    embeddings=small_embeddings(
        mcc_steps=2_000, steps=600, batch_size=64, image_side=64, crop=48, widths=(32, 64, 128, 256)
    ),
    locsens=small_variants(steps=600, batch_size=192, layers=EIGHTH, validation_queries=250),
    evaluation=EvaluationConfig(max_photo_queries=400, max_tagging_photos=1_200),
    study=StudyConfig(
        optimisation=adamw(steps=1_200, batch_size=192, learning_rate=1e-3),
        **EIGHTH._asdict(),
        photo_queries=1_000,
        tagging_photos=1_500,
    ),
)
