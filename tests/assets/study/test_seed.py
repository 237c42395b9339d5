"""A whole seed on the tiny world: everything is judged, and a seed that was stopped goes on to the same figures."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import assets.study.seed
from assets.base.execute import execute
from assets.base.keys import NEARBY_KM, RETRIEVAL_MODELS, TAGGING_MODELS
from assets.base.provenance import Record
from assets.base.settings import Settings
from assets.base.step import STAGES
from assets.base.workspace import Workspace
from assets.ingestion.discovery import discover
from assets.steps import all_steps
from assets.study.assets import study_runs
from assets.study.plan import trainings

LOG = logging.getLogger("tests")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The tiny world up to its images, with word vectors."""
    folder = tmp_path_factory.mktemp("study")
    settings = Settings(storage=str(folder / "data"), profile="tiny", work=folder / "work", device="cpu")
    opened = Workspace(settings, all_steps())
    discover(opened)
    for step in opened.steps.in_order():
        if STAGES.index(step.stage) <= STAGES.index("images") or step.name == "word_vectors":
            for key in list(opened.keys(step.by)):
                execute(step, opened, key, LOG).raise_if_failed()
    return opened


def versions(workspace: Workspace) -> dict[str, str]:
    records: dict[str, Record | None] = {asset: workspace.ledger.get(asset, "0") for asset in study_runs.outputs}
    return {asset: record.data_version for asset, record in records.items() if record is not None}


def frame(workspace: Workspace, asset: str) -> pl.DataFrame:
    record = workspace.ledger.get(asset, "0")
    assert record is not None
    return pl.concat(pl.DataFrame(pl.from_arrow(workspace.storage.read_table(file.path))) for file in record.files)


def test_a_seed_that_was_stopped_goes_on_to_the_same_figures(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    learnt: list[str] = []
    real: Callable[..., Any] = assets.study.seed.learn

    def stopped(config: Any, tags: Any, train: Any, validation: Any, scratch: Path, *rest: Any) -> Any:
        learnt.append(scratch.name)
        if len(learnt) == 5:
            raise KeyboardInterrupt
        return real(config, tags, train, validation, scratch, *rest)

    monkeypatch.setattr(assets.study.seed, "learn", stopped)
    with pytest.raises(KeyboardInterrupt):
        execute(study_runs, workspace, "0", LOG)
    assert versions(workspace) == {}
    execute(study_runs, workspace, "0", LOG).raise_if_failed()
    plan = [one.key for one in trainings(workspace.profile, 0)]
    # The fifth is begun again, what was finished before it is not.
    assert sorted(learnt) == sorted([*plan, learnt[4]])

    whole = versions(workspace)
    assert set(whole) == set(study_runs.outputs)
    execute(study_runs, workspace, "0", LOG, force=True).raise_if_failed()
    assert versions(workspace) == whole
    assert len(learnt) == 2 * len(plan) + 1

    runs = frame(workspace, "study_runs")
    assert runs.get_column("training").to_list() == [
        "mcc", "mlc", "her", *[key for key in plan if "users_apart" not in key],
        "mcc_users_apart", *[key for key in plan if "users_apart" in key],
    ]  # fmt: skip
    assert runs.filter(pl.col("training").is_in(plan)).get_column("steps").unique().to_list() == [12]
    retrieval, tagging = (frame(workspace, f"study_{kind}_results") for kind in ("retrieval", "tagging"))
    assert set(RETRIEVAL_MODELS) <= set(retrieval.filter(pl.col("slice") == "all").get_column("model"))
    assert set(TAGGING_MODELS) == set(tagging.filter(pl.col("slice") == "all").get_column("model"))
    apart = retrieval.filter(pl.col("slice") == "users_apart").get_column("model").unique()
    assert set(apart) == {"upper_bound", "mcc", "locsens_zeroed", "locsens_raw"}
    apart = tagging.filter(pl.col("slice") == "users_apart").get_column("model").unique()
    assert set(apart) == {"frequency", *NEARBY_KM, "mcc", "mcc_cosine", "locsens_raw"}
    scores = frame(workspace, "study_scores").filter(pl.col("measure") == "precision_at_10", pl.col("slice") == "all")
    means = scores.group_by("model", "granularity").agg(pl.col("value").mean())
    published = retrieval.filter(pl.col("slice") == "all", pl.col("average") == "query")
    both = published.join(means, on=["model", "granularity"])
    assert both.height == published.height
    assert (both.get_column("precision_at_10") - both.get_column("value")).abs().max() < 1e-9  # type: ignore[operator]
