"""Trained embedding networks applied to many images.

Where images come from and where embeddings go is the business of the stage `features`.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.augment import cut_centre
from models.devices import bf16_in_hardware
from models.embedding import EmbeddingModel

BATCH = 256
"""Images in one forward pass."""


class OverflowedEmbeddingError(ValueError):
    """An embedding is NaN or infinite, or does not fit float16."""


@torch.inference_mode()
def extract(model: EmbeddingModel, images: Tensor, *, batch_size: int = BATCH) -> npt.NDArray[np.float16]:
    """Embed images, each by its middle crop, in bf16 where the hardware has it.

    Args:
        model: A trained network, on the device that is to be used; it is put into eval mode.
        images: Images uint8 [N, 3, S, S] on any device, S as the architecture's `image_side`.
        batch_size: Images in one forward pass; results do not depend on it beyond rounding.

    Returns:
        Embeddings float16 [N, W], not normalised.

    Raises:
        ValueError: The images have another side than the network was trained for.
        OverflowedEmbeddingError: An embedding is not finite as float16.
    """
    side = model.architecture.image_side
    if images.shape[-2:] != (side, side):
        raise ValueError(f"expected images of {side} x {side} px, found {tuple(images.shape[-2:])}")
    device = model.mean.device
    model.eval()
    found = np.empty((len(images), model.embedding_width), np.float16)
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16_in_hardware(device)):
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size].to(device, non_blocking=True)
            embeddings = model(cut_centre(batch, model.architecture.crop))
            found[start : start + len(batch)] = embeddings.to(torch.float16).cpu().numpy()
    broken = int((~np.isfinite(found)).any(axis=1).sum())
    if broken:
        raise OverflowedEmbeddingError(
            f"{broken} of {len(found)} {model.architecture.method} embeddings are not finite in float16"
        )
    return found
