"""Exact top-k ranking in blocks: by dot product, and by a LocSens network.

LocSens scores in bf16 first where the hardware has it. All published scores are float32; that no better candidate was
missed is verified to the depth `certain`, by the errors seen (see `_certain`), not below.

Beside the candidates' `parts`, which the caller keeps (float32 [N, H]: 8 kB each at the paper's widths), memory is
bounded by the block sizes and the depths, whatever the number of candidates. Equal scores are ordered by candidate,
so a ranking is the same on every run. What is ranked, and from which files, is in
`assets.evaluation.scorers`.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from models.devices import bf16_in_hardware
from models.locsens import LocSens
from models.topk import Ranking, RunningTop, from_keys, to_keys

_PART_BLOCK = 8192
_PAIR_BLOCK = {"cpu": 4096}
"""Pairs scored at once: few enough for a CPU's cache, many enough to keep another device busy."""
_PAIR_BLOCK_ELSEWHERE = 65536
_WIDER = 8
"""How many times longer the second short list is, for queries whose first one is doubtful."""


def _check(queries: int, candidates: int, k: int) -> None:
    if k < 1:
        raise ValueError(f"depth of a ranking: expected at least 1, found {k}")
    if candidates == 0 and queries > 0:
        raise ValueError(f"{queries} queries: expected candidates to rank, found none")


def _stack(rankings: list[Ranking], k: int, device: torch.device) -> Ranking:
    if not rankings:
        return Ranking(torch.empty(0, k, device=device), torch.empty(0, k, dtype=torch.int64, device=device))
    return Ranking(*(torch.cat(tensors) for tensors in zip(*rankings, strict=True)))


def rank_by_dot(
    queries: Tensor,
    candidates: Tensor,
    k: int,
    bias: Tensor | None = None,
    *,
    query_block: int = 1024,
    candidate_block: int = 16384,
) -> Ranking:
    """Rank candidates by dot product, exactly, in float32.

    Args:
        queries: float [Q, D]; for a cosine both sides come normalised.
        candidates: float [N, D].
        k: Depth of the rankings.
        bias: float [N], added to each candidate's scores.
        query_block: Queries multiplied at once.
        candidate_block: Candidates multiplied at once.

    Returns:
        The ranking, min(k, N) deep.

    Raises:
        ValueError: No candidates, k below 1, widths differ, or a score is not finite.
    """
    _check(len(queries), len(candidates), k)
    if queries.shape[1:] != candidates.shape[1:]:
        raise ValueError(
            f"queries of width {queries.shape[1]} cannot be compared with candidates of width {candidates.shape[1]}"
        )
    rankings = []
    with torch.inference_mode():
        for start in range(0, len(queries), query_block):
            block = queries[start : start + query_block].float()
            top = RunningTop(k)
            for first in range(0, len(candidates), candidate_block):
                part = slice(first, first + candidate_block)
                scores = block @ candidates[part].float().T
                top.add(scores if bias is None else scores + bias[part].float(), first)
            rankings.append(top.result())
    return _stack(rankings, min(k, len(candidates)), queries.device)


def parts(contribution: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Compute a modality's first-layer contributions block by block, to be kept for many rankings.

    Args:
        contribution: `model.image_part` or `model.tag_part`.
        inputs: float [N, D].

    Returns:
        float32 [N, H].
    """
    with torch.inference_mode():
        return torch.cat([contribution(block.float()) for block in torch.split(inputs, _PART_BLOCK)])


def rank_locsens_images(
    model: LocSens,
    tags: Tensor,
    places: Tensor | None,
    image_parts: Tensor,
    k: int,
    *,
    pair_block: int | None = None,
    certain: int = 10,
    bf16: bool | None = None,
) -> Ranking:
    """Rank images for queries of a hashtag and a place.

    Args:
        model: The network, in eval mode, on the device of the tensors.
        tags: float [Q, D], the queries' tag embeddings as published.
        places: float64 [Q, 2], latitude and longitude in degrees; None for a zeroed location.
        image_parts: float [N, H] from `parts(model.image_part, images)`.
        k: Depth of the rankings.
        pair_block: Pairs scored at once; None for what suits the device.
        certain: Depth to which the bf16 short list must surely (see `_certain`) hold the best.
        bf16: Whether to score in bf16 first; None for where the hardware has it.

    Returns:
        The ranking, min(k, N) deep, with float32 scores.

    Raises:
        ValueError: No candidates, k below 1, or a score is not finite.
    """
    with torch.inference_mode():
        query_parts = _with_places(model, parts(model.tag_part, tags) if len(tags) else image_parts[:0], places)
        return _rank_pairs(model.tail, query_parts, image_parts, k, pair_block=pair_block, certain=certain, bf16=bf16)


def rank_locsens_tags(
    model: LocSens,
    images: Tensor,
    places: Tensor | None,
    tag_parts: Tensor,
    k: int,
    *,
    pair_block: int | None = None,
    certain: int = 10,
    bf16: bool | None = None,
) -> Ranking:
    """Rank hashtags for images and the places where they were taken.

    Args:
        model: The network, in eval mode, on the device of the tensors.
        images: float [P, D], image embeddings as published.
        places: float64 [P, 2], latitude and longitude in degrees; None for a zeroed location.
        tag_parts: float [V, H] from `parts(model.tag_part, tags)`.
        k: Depth of the rankings.
        pair_block: Pairs scored at once; None for what suits the device.
        certain: Depth to which the bf16 short list must surely (see `_certain`) hold the best.
        bf16: Whether to score in bf16 first; None for where the hardware has it.

    Returns:
        The ranking, min(k, V) deep, with float32 scores.

    Raises:
        ValueError: No candidates, k below 1, or a score is not finite.
    """
    with torch.inference_mode():
        query_parts = _with_places(model, parts(model.image_part, images) if len(images) else tag_parts[:0], places)
        return _rank_pairs(model.tail, query_parts, tag_parts, k, pair_block=pair_block, certain=certain, bf16=bf16)


def _with_places(model: LocSens, query_parts: Tensor, places: Tensor | None) -> Tensor:
    """What queries contribute to the first fused layer: their own part and their place's, which zeroed ones lack."""
    return query_parts if places is None else query_parts + model.location_part(places)


def _rank_pairs(
    tail: Callable[[Tensor], Tensor],
    query_parts: Tensor,
    candidate_parts: Tensor,
    k: int,
    *,
    pair_block: int | None,
    certain: int,
    bf16: bool | None,
) -> Ranking:
    """Rank by `tail(query part + candidate part)`.

    Either all in float32, or in bf16 to a short list whose scores are then computed in float32.
    """
    queries, candidates = len(query_parts), len(candidate_parts)
    _check(queries, candidates, k)
    k = min(k, candidates)
    short = max(2 * k, k + 64)
    if pair_block is None:
        pair_block = _PAIR_BLOCK.get(query_parts.device.type, _PAIR_BLOCK_ELSEWHERE)
    if bf16 is None:
        bf16 = bf16_in_hardware(query_parts.device)
    if not bf16 or short >= candidates:
        return _rank_all(tail, query_parts, candidate_parts, k, pair_block=pair_block, bf16=False)
    wide = min(_WIDER * short, candidates)
    rough = _rank_all(tail, query_parts, candidate_parts, wide, pair_block=pair_block, bf16=True)
    best = Ranking(rough.scores[:, :k].clone(), rough.positions[:, :k].clone())
    doubtful = torch.arange(queries, device=query_parts.device)
    for length in (short, wide):
        listed = Ranking(rough.scores[doubtful, :length], rough.positions[doubtful, :length])
        exact = _exact(tail, query_parts[doubtful], candidate_parts, listed.positions, pair_block)
        found = from_keys(to_keys(exact, listed.positions).topk(k, dim=1).values)
        best.scores[doubtful], best.positions[doubtful] = found
        doubtful = doubtful[~_certain(listed.scores, exact, found.scores, min(certain, k))]
        if len(doubtful) == 0 or length == candidates:
            return best
    again = _rank_all(tail, query_parts[doubtful], candidate_parts, k, pair_block=pair_block, bf16=False)
    best.scores[doubtful], best.positions[doubtful] = again
    return best


def _exact(
    tail: Callable[[Tensor], Tensor], query_parts: Tensor, candidate_parts: Tensor, positions: Tensor, pair_block: int
) -> Tensor:
    """float32 scores [Q, S] of each query's candidates at `positions` [Q, S]."""
    block = max(1, pair_block // positions.shape[1])
    scores = []
    for some, at in zip(torch.split(query_parts, block), torch.split(positions, block), strict=True):
        pre = some[:, None] + candidate_parts[at]
        scores.append(tail(pre.flatten(0, 1)).float().view(pre.shape[:2]))
    return torch.cat(scores)


def _certain(rough: Tensor, exact: Tensor, best: Tensor, depth: int) -> Tensor:
    """Queries whose short list holds their best `depth` candidates for sure.

    What is not on the short list scored at most the list's lowest rough score. If it were one of the best,
    bf16 would have to be wrong about it by more than the gap up to the exact score at `depth`; that is taken
    as ruled out when the gap is over twice the largest error seen on the query's short list.

    Args:
        rough: bf16 scores of the short lists [Q, S], descending.
        exact: Their float32 scores [Q, S].
        best: float32 scores of the rankings [Q, k], descending.
        depth: Depth to be sure of, 1 to k.

    Returns:
        bool [Q].
    """
    error = (rough - exact).abs().amax(dim=1)
    return best[:, depth - 1] - rough[:, -1] > 2 * error


def _rank_all(
    tail: Callable[[Tensor], Tensor],
    query_parts: Tensor,
    candidate_parts: Tensor,
    k: int,
    *,
    pair_block: int,
    bf16: bool,
) -> Ranking:
    device = query_parts.device
    kind = torch.bfloat16 if bf16 else torch.float32
    candidate_block = min(len(candidate_parts), pair_block)
    query_blocks = torch.split(query_parts.to(kind), max(1, pair_block // candidate_block)) if len(query_parts) else ()
    tops = [RunningTop(k) for _ in query_blocks]
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        for first in range(0, len(candidate_parts), candidate_block):
            # Candidates outside, so that each block of them is brought to bf16 once, and never all of them.
            some = candidate_parts[None, first : first + candidate_block].to(kind)
            for top, block in zip(tops, query_blocks, strict=True):
                pre = block[:, None] + some
                top.add(tail(pre.flatten(0, 1)).float().view(pre.shape[:2]), first)
    return _stack([top.result() for top in tops], k, device)
