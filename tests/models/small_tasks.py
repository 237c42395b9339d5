"""Trainings of a second or two that several tests share: LocSens on a made-up world, image methods on colours."""

import torch
from torch import Tensor

from models.config import LocSensConfig, OptimisationConfig, VariantConfig
from models.embedding import EmbeddingModel, architecture_of, new_model
from models.embedding_config import AnyEmbeddingConfig, BackboneConfig, HerConfig, MccConfig, MlcConfig
from models.embedding_training import EmbeddingTask, WordTargets
from models.locsens_training import LocSensTask
from models.members import LocSensPhotos
from models.photo_sets import MemoryPixels, PhotoSet, PhotoTags
from models.tagged_photos import TaggedPhotos

TAGS, WIDTH = 12, 16
NETWORK = LocSensConfig(branch_width=16, location_width=16, hidden=(32, 32), norm_groups=4, initial_std=0.05)


def world(photos: int, seed: int) -> LocSensPhotos:
    """Photos whose first hashtag is in the picture and whose second depends on the hemisphere."""
    generator = torch.Generator().manual_seed(seed)
    concept = torch.randint(0, TAGS // 2, (photos,), generator=generator)
    places = torch.rand(photos, 2, generator=generator) * torch.tensor([160.0, 340.0]) - torch.tensor([80.0, 170.0])
    local = TAGS // 2 + (concept % 3) + 3 * (places[:, 0] > 0)
    lists = [sorted(pair) for pair in zip(concept.tolist(), local.tolist(), strict=True)]
    centres = torch.randn(TAGS // 2, WIDTH, generator=torch.Generator().manual_seed(99))
    images = centres[concept] + 0.3 * torch.randn(photos, WIDTH, generator=generator)
    return LocSensPhotos(images.half(), TaggedPhotos.from_lists(lists, TAGS), places.double())


def tag_embeddings() -> Tensor:
    return torch.randn(TAGS, WIDTH, generator=torch.Generator().manual_seed(5))


def variant(location: str = "raw", task: str = "retrieval", **changes: object) -> VariantConfig:
    optimisation = {"steps": 40, "batch_size": 64, "optimiser": "adamw", "learning_rate": 3e-3}
    optimisation |= {
        "precision": "fp32",
        "validate_every": 20,
        "checkpoint_every": 10,
        "log_every": 10,
        "seed": 2,
    }
    values: dict[str, object] = {
        "task": task,
        "location": location,
        "negatives": "image" if task == "retrieval" else "image_or_tag",
        "network": NETWORK,
        "optimisation": OptimisationConfig.model_validate(optimisation | dict(changes.pop("optimisation", {}))),
    }
    return VariantConfig.model_validate(values | changes)


def task_of(config: VariantConfig) -> LocSensTask:
    return LocSensTask(config, tag_embeddings(), world(400, 0), world(120, 1))


IMAGE_TAGS, SIDE, CROP = 6, 20, 16
BACKBONE = BackboneConfig(name="small_cnn", weights="", widths=(16, 32), stem=4)
OPTIMISATION = OptimisationConfig(
    steps=60,
    batch_size=32,
    optimiser="adamw",
    learning_rate=3e-3,
    precision="fp32",
    validate_every=30,
    checkpoint_every=30,
    log_every=10,
)
SMALL = {"backbone": BACKBONE, "image_side": SIDE, "crop": CROP, "optimisation": OPTIMISATION}
CONFIGS = {
    "mcc": MccConfig(width=12, **SMALL),
    "mcc_all": MccConfig(width=12, targets="all", **SMALL),
    "mlc": MlcConfig(**SMALL),
    "mlc_prior": MlcConfig(prior_bias=True, **SMALL),
    "her": HerConfig(**SMALL),
}
WORDS = WordTargets(torch.eye(IMAGE_TAGS, 8), torch.tensor([True] * (IMAGE_TAGS - 1) + [False]))


def coloured_photos(count: int, seed: int) -> PhotoSet:
    """Photos whose colour tells their first tag; half carry the next tag as well."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.randint(0, IMAGE_TAGS - 2, (count,), generator=generator)
    colours = torch.tensor([[230, 20, 20], [20, 230, 20], [20, 20, 230], [220, 220, 20]])
    noise = torch.randint(-20, 20, (count, 3, SIDE, SIDE), generator=generator)
    pixels = (colours[first].view(count, 3, 1, 1) + noise).clamp(0, 255).to(torch.uint8)
    two = torch.rand(count, generator=generator) < 0.5
    lists = [[int(tag), int(tag) + 1] if both else [int(tag)] for tag, both in zip(first, two, strict=True)]
    offsets = torch.tensor([0, *[len(tags) for tags in lists]]).cumsum(0)
    tags = PhotoTags(offsets, torch.tensor([tag for tags in lists for tag in tags]))
    return PhotoSet(MemoryPixels(pixels), tags, (count // 2, count - count // 2))


TRAIN, VALIDATION = coloured_photos(200, 0), coloured_photos(60, 1)


def image_task(
    name: str,
    train: PhotoSet = TRAIN,
    validation: PhotoSet = VALIDATION,
    config: AnyEmbeddingConfig | None = None,
) -> tuple[EmbeddingTask, EmbeddingModel]:
    config = config or CONFIGS[name]
    her = config.method == "her"
    model = new_model(architecture_of(config, IMAGE_TAGS, 8 if her else None), config.optimisation.seed)
    return EmbeddingTask(model, config, train, validation, WORDS if her else None), model
