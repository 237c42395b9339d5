"""Checks of the word vectors and of the trained embedding models."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assets.base.checks import CheckResult, check
from assets.base.run import Run

_ENOUGH_VECTORS = 0.5


@check(asset="word_vectors", blocking=True)
def vectors_match_vocabulary(run: Run) -> CheckResult:
    """Every vector belongs to one hashtag of the vocabulary and holds finite numbers, not all 0."""
    table = run.table("word_vectors")
    tags = run.table("vocabulary", ["tag_id", "tag"])
    named = dict(zip(tags.column("tag_id").to_pylist(), tags.column("tag").to_pylist(), strict=True))
    ids = table.column("tag_id").to_pylist()
    foreign = sum(named.get(tag_id) != tag for tag_id, tag in zip(ids, table.column("tag").to_pylist(), strict=True))
    twice = len(ids) - len(set(ids))
    vectors = np.asarray(pc.list_flatten(table.column("vector")), dtype=np.float64).reshape(len(ids), -1)
    bad = int((~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1)).sum())
    return CheckResult(
        not (foreign or twice or bad) and len(ids) > 0,
        f"{len(ids):,} vectors of width {vectors.shape[1]}: {foreign} not of the vocabulary, {twice} twice, "
        f"{bad} not finite or all 0",
        {"vectors": len(ids), "not_of_the_vocabulary": foreign, "twice": twice, "not_usable": bad},
    )


@check(asset="word_vectors", blocking=False)
def most_hashtags_have_a_vector(run: Run) -> CheckResult:
    """At least half of the vocabulary has a word vector; HER can neither learn nor rank the rest."""
    found = run.table("word_vectors", ["tag_id"]).num_rows
    wanted = run.table("vocabulary", ["tag_id"]).num_rows
    share = found / wanted if wanted else 0.0
    return CheckResult(
        share >= _ENOUGH_VECTORS,
        f"{found:,} of {wanted:,} hashtags have a word vector ({100 * share:.1f} %)",
        {"with_vector": found, "hashtags": wanted},
    )


@check(asset="embedding_model", blocking=True)
def weights_finite_and_complete(run: Run) -> CheckResult:
    """The published files rebuild the network, no weight is NaN or infinite, and it fits the vocabulary."""
    from assets.embeddings.model_files import load_embedding_model
    from models.weights import UnusableWeightsError

    try:
        model = load_embedding_model(run.storage, run.files("embedding_model"))
    except UnusableWeightsError as error:
        return CheckResult(False, str(error))
    tags = run.table("vocabulary", ["tag_id"]).num_rows
    known = model.architecture.tags
    weights = sum(weight.numel() for weight in model.parameters())
    return CheckResult(
        known in {None, tags},
        f"{weights:,} finite weights, embeddings of width {model.embedding_width}, "
        + (f"{known:,} hashtags classified, {tags:,} in the vocabulary" if known else "no classifier"),
        {"weights": weights, "width": model.embedding_width},
    )


@check(asset="embedding_model", blocking=False)
def loss_went_down(run: Run) -> CheckResult:
    """The training loss at the end is below the one at the beginning."""
    from assets.embeddings.model_files import CURVE, file_named

    path = file_named(run.files("embedding_model"), CURVE)
    losses = _measured(run.storage.read_table(path), "loss")
    return CheckResult(
        losses[-1] < losses[0] or len(losses) == 1,
        f"training loss {losses[0]:.4g} at first, {losses[-1]:.4g} at last",
        {"first": losses[0], "last": losses[-1]},
    )


def _measured(curve: pa.Table, name: str) -> list[float]:
    return [float(value) for value in curve.column(name).to_pylist() if value is not None]
