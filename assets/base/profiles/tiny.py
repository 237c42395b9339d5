"""Profile `tiny`: the whole graph in a few seconds, for tests. Its figures mean nothing."""

from assets.base.profiles.profile import Profile
from assets.base.profiles.sections.evaluation import EvaluationConfig
from assets.base.profiles.sections.images import ImageConfig
from assets.base.profiles.sections.ingestion import IngestionConfig
from assets.base.profiles.sections.splits import SplitConfig
from assets.base.profiles.sections.study import StudyConfig
from assets.base.profiles.sections.vocabulary import VocabularyConfig
from assets.base.profiles.sections.world import WorldConfig
from assets.base.profiles.small import FusedLayers, adamw, small_embeddings, small_variants

_LAYERS = FusedLayers((64, 64), 4)

PROFILE = Profile(
    name="tiny",
    world=WorldConfig.tiny(),
    ingestion=IngestionConfig(shard_rows=1_500),
    vocabulary=VocabularyConfig(size=200, min_photos=3),
    splits=SplitConfig(test_fraction=0.3, validation_fraction=0.05),
    images=ImageConfig(short_side=32),
    embeddings=small_embeddings(mcc_steps=12, steps=12, batch_size=64, image_side=32, crop=28, widths=(16, 32)),
    locsens=small_variants(steps=12, batch_size=32, layers=_LAYERS),
    evaluation=EvaluationConfig(max_photo_queries=60, max_tagging_photos=100),
    study=StudyConfig(
        optimisation=adamw(steps=12, batch_size=32, learning_rate=1e-3),
        **_LAYERS._asdict(),
        photo_queries=60,
        tagging_photos=100,
        moved_queries=20,
    ),
)
