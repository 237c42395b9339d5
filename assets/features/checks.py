"""Checks of embeddings: as many as there are images or hashtags, finite, and not all the same."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from assets.base.checks import Check, CheckResult, check
from assets.base.run import Run

_ENOUGH_TO_JUDGE = 10
_SAME = 1e-3


def matrix(table: pa.Table) -> npt.NDArray[np.float32]:
    """The column `embedding` as a matrix [N, W]; no column for a table without rows and width."""
    column = table.column("embedding").combine_chunks()
    flat = np.asarray(column.flatten(), dtype=np.float32)
    return flat.reshape(len(column), -1) if len(column) else np.zeros((0, 0), np.float32)


def collapsed(embeddings: npt.NDArray[np.float32]) -> bool:
    """Whether all embeddings are the same up to rounding, judged from ten on."""
    if len(embeddings) < _ENOUGH_TO_JUDGE:
        return False
    spread = embeddings.std(axis=0).max()
    return bool(spread <= _SAME * np.abs(embeddings).max())


def image_embedding_checks(method: str) -> tuple[Check, ...]:
    """The checks of `image_embeddings_<method>`."""
    asset = f"image_embeddings_{method}"

    @check(asset=asset, blocking=True)
    def one_embedding_per_image(run: Run) -> CheckResult:
        """The shard's photos with an image, and they alone, each have one embedding."""
        found = np.sort(run.table(asset, ["photo_id"]).column("photo_id").to_numpy())
        wanted = np.sort(run.table("images", ["photo_id"]).column("photo_id").to_numpy())
        missing, foreign = len(np.setdiff1d(wanted, found)), len(np.setdiff1d(found, wanted))
        return CheckResult(
            np.array_equal(found, wanted),
            f"{len(found):,} embeddings for {len(wanted):,} images: {missing} missing, {foreign} too many",
            {"embeddings": len(found), "images": len(wanted), "missing": missing, "too_many": foreign},
        )

    @check(asset=asset, blocking=True)
    def embeddings_finite(run: Run) -> CheckResult:
        """No embedding holds NaN or infinity."""
        return _finite(run, asset)

    @check(asset=asset, blocking=False)
    def embeddings_differ(run: Run) -> CheckResult:
        """The embeddings of different photos are not all the same: the network has not collapsed."""
        return _differ(run, asset)

    return one_embedding_per_image, embeddings_finite, embeddings_differ


def tag_embedding_checks(method: str) -> tuple[Check, ...]:
    """The checks of `tag_embeddings_<method>`."""
    asset = f"tag_embeddings_{method}"
    upstream = "word_vectors" if method == "her" else "vocabulary"

    @check(asset=asset, blocking=True)
    def one_embedding_per_hashtag(run: Run) -> CheckResult:
        """Every hashtag (for HER: that has a word vector) has one embedding, in the order of their ids."""
        found = run.table(asset, ["tag_id"]).column("tag_id").to_numpy()
        wanted = np.sort(run.table(upstream, ["tag_id"]).column("tag_id").to_numpy())
        return CheckResult(
            np.array_equal(found, wanted),
            f"{len(found):,} embeddings for {len(wanted):,} rows of {upstream}",
            {"embeddings": len(found), "hashtags": len(wanted)},
        )

    @check(asset=asset, blocking=True)
    def embeddings_finite(run: Run) -> CheckResult:
        """No embedding and no bias holds NaN or infinity."""
        return _finite(run, asset, "bias")

    @check(asset=asset, blocking=False)
    def embeddings_differ(run: Run) -> CheckResult:
        """The embeddings of different hashtags are not all the same."""
        return _differ(run, asset)

    return one_embedding_per_hashtag, embeddings_finite, embeddings_differ


def _finite(run: Run, asset: str, *more: str) -> CheckResult:
    rows = broken = 0
    for path in run.files(asset):
        table = run.storage.read_table(path, ["embedding", *more])
        finite = np.atleast_1d(np.isfinite(matrix(table)).all(axis=1))
        for name in more:
            finite &= np.isfinite(table.column(name).fill_null(0.0).to_numpy())
        rows += len(finite)
        broken += int((~finite).sum())
    return CheckResult(
        broken == 0, f"{broken:,} of {rows:,} embeddings are not finite", {"rows": rows, "not_finite": broken}
    )


def _differ(run: Run, asset: str) -> CheckResult:
    # The first part is enough: a network that has collapsed has collapsed everywhere.
    embeddings = matrix(run.storage.read_table(run.files(asset)[0], ["embedding"]))
    same = collapsed(embeddings)
    sentence = "all embeddings are the same" if same else "embeddings differ"
    return CheckResult(not same, f"{sentence}, looked at {len(embeddings):,}", {"looked_at": len(embeddings)})
