"""Losses that LocSens learns by."""

import torch
from torch import Tensor


def margin_ranking_loss(positive: Tensor, negatives: Tensor, margin: float) -> Tensor:
    """Mean over anchors and negatives of max(0, margin - (positive - negative)) (paper, LocSens).

    Args:
        positive: Scores of the anchors, [B].
        negatives: Scores of each anchor's negatives, [B, M].
        margin: By how much a positive should score higher; the paper's is 0.1.

    Returns:
        A scalar.

    Raises:
        ValueError: If the shapes do not fit.
    """
    if negatives.ndim != 2 or positive.shape != negatives.shape[:1]:
        raise ValueError(
            "expected scores of anchors [B] and of their negatives [B, M], "
            f"found {list(positive.shape)} and {list(negatives.shape)}"
        )
    return torch.relu(margin - (positive.unsqueeze(1) - negatives)).mean()
