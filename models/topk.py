"""The k best of scores that come block by block; equal scores are ordered by candidate.

What computes the scores is in `models.ranking`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

_LOW_BITS = 0xFFFFFFFF


class Ranking(NamedTuple):
    """The best candidates of each query, best first.

    Attributes:
        scores: float32 [Q, k].
        positions: int64 [Q, k], which candidates.
    """

    scores: Tensor
    positions: Tensor


def to_keys(scores: Tensor, positions: Tensor) -> Tensor:
    """Scores and positions as int64 that sort by score, then by lower position.

    `topk` leaves the order of equal scores open; keys are never equal, so it has no choice.

    Args:
        scores: float [..., C], finite.
        positions: int64 [C] or [..., C], below 2^32.
    """
    bits = (scores.float() + 0.0).contiguous().view(torch.int32)  # + 0.0: -0 and 0 are one score
    ordered = torch.where(bits >= 0, bits, bits ^ 0x7FFFFFFF).long()
    return (ordered << 32) | (_LOW_BITS - positions)


def from_keys(keys: Tensor) -> Ranking:
    """What `to_keys` was given."""
    ordered = (keys >> 32).int()
    bits = torch.where(ordered >= 0, ordered, ordered ^ 0x7FFFFFFF)
    return Ranking(bits.contiguous().view(torch.float32), _LOW_BITS - (keys & _LOW_BITS))


class RunningTop:
    """The k best of the candidates seen so far."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._keys: Tensor | None = None
        self._broken: Tensor | None = None  # first candidate of the first block that is not finite

    def add(self, scores: Tensor, first: int) -> None:
        """Take in scores [Q, C] of the candidates `first` to `first + C`."""
        finite = torch.isfinite(scores).all()
        broken = torch.where(finite, _LOW_BITS, first)
        self._broken = broken if self._broken is None else torch.minimum(self._broken, broken)
        keys = to_keys(scores, torch.arange(first, first + scores.shape[1], device=scores.device))
        if self._keys is not None:
            keys = torch.cat([self._keys, keys], dim=1)
        self._keys = keys.topk(min(self._k, keys.shape[1]), dim=1).values

    def result(self) -> Ranking:
        """The best so far.

        Raises:
            ValueError: A score is not finite. Only here, for to look at each block would wait for the device.
        """
        assert self._keys is not None, "nothing was added"
        assert self._broken is not None, "nothing was added"
        if (broken := int(self._broken)) < _LOW_BITS:
            raise ValueError(
                f"scores of candidates from {broken} on: expected finite numbers, found NaN or infinity; "
                "the embeddings or the model are broken"
            )
        return from_keys(self._keys)
