"""The losses of the embedding models: MCC, MLC and HER (paper section "Embeddings").

All take logits or embeddings in any precision and compute in float32. A photo's tags come as two
parallel vectors, `rows` (which photo of the batch) and `tags` (which tag), one entry for
each tag on each photo.
"""

import torch
from torch import Tensor
from torch.nn import functional


def one_tag_cross_entropy(logits: Tensor, drawn: Tensor) -> Tensor:
    """MCC: cross entropy against one tag of each photo, drawn anew each time.

    Args:
        logits: Class scores [B, V].
        drawn: One of each photo's tags, int64 [B].

    Returns:
        Scalar, the mean over photos.
    """
    return functional.cross_entropy(logits.float(), drawn)


def every_tag_cross_entropy(logits: Tensor, rows: Tensor, tags: Tensor) -> Tensor:
    """MCC's option: cross entropy against all k tags of a photo at 1/k each.

    It is the expectation of `one_tag_cross_entropy` over the draw, without its variance.

    Args:
        logits: Class scores [B, V].
        rows: Photo of each tag, int64 [P]; every photo of the batch occurs.
        tags: Tag, int64 [P].

    Returns:
        Scalar, the mean over photos.
    """
    scores = logits.float()
    counts = torch.bincount(rows, minlength=len(scores)).to(scores.dtype)
    shares = scores[rows, tags] / counts[rows]
    return (scores.logsumexp(dim=1).sum() - shares.sum()) / len(scores)


def sigmoid_cross_entropy(logits: Tensor, rows: Tensor, tags: Tensor) -> Tensor:
    """MLC: an independent binary cross entropy for each tag, mean-reduced over photos and tags.

    Uses BCE(z, y) = softplus(z) - y z, so that no dense [B, V] target is needed.

    Args:
        logits: Class scores [B, V].
        rows: Photo of each tag, int64 [P].
        tags: Tag, int64 [P]; no pair occurs twice.

    Returns:
        Scalar.
    """
    scores = logits.float()
    return (functional.softplus(scores).sum() - scores[rows, tags].sum()) / scores.numel()


def tag_sum(vectors: Tensor, rows: Tensor, tags: Tensor, count: int) -> Tensor:
    """HER's target: the sum of the word vectors of each photo's tags.

    Args:
        vectors: Word vectors [V, W], zero for a tag without one.
        rows: Photo of each tag, int64 [P].
        tags: Tag, int64 [P].
        count: Photos in the batch, B.

    Returns:
        Sums [B, W].
    """
    sums = torch.zeros(count, vectors.shape[1], dtype=vectors.dtype, device=vectors.device)
    return sums.index_add(0, rows, vectors[tags])


def cosine_loss(embeddings: Tensor, targets: Tensor) -> Tensor:
    """HER: one minus the cosine between embedding and target.

    Args:
        embeddings: Image embeddings [B, W].
        targets: Sums of word vectors [B, W].

    Returns:
        Scalar, the mean over photos.
    """
    return (1 - functional.cosine_similarity(embeddings.float(), targets.float(), dim=1)).mean()
