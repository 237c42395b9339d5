"""Checks of the study: trainings that are compared had the same budget, and every model answered the same queries."""

import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.run import Run
from assets.study.judge import PRECISION
from assets.study.plan import EMBEDDINGS, SLICES, trainings


@check(asset="study_runs", blocking=True)
def locsens_budgets_are_equal(run: Run) -> CheckResult:
    """All LocSens trainings took as many steps, as many anchors a step and the same learning-rate area."""
    runs = run.frame("study_runs", ["training", "steps", "batch_size", "learning_rate_area"])
    assert run.partition is not None
    ours = runs.filter(pl.col("training").is_in([one.key for one in trainings(run.profile, int(run.partition))]))
    budgets = ours.select("steps", "batch_size", pl.col("learning_rate_area").round(9)).unique()
    steps, batch, area = budgets.row(0) if budgets.height else (0, 0, 0.0)
    return CheckResult(
        budgets.height == 1,
        f"{ours.height} LocSens trainings with {budgets.height} different budgets; the first: {steps:,} steps of "
        f"{batch:,} anchors, learning-rate area {area:.4g}",
        {"trainings": ours.height, "budgets": budgets.height, "steps": steps, "learning_rate_area": area},
    )


@check(asset="study_scores", blocking=True)
def every_model_was_judged(run: Run) -> CheckResult:
    """Each retrieval model has a precision for every query with a place that the others have one for."""
    scores = run.scan("study_scores").filter((pl.col("measure") == PRECISION) & (pl.col("granularity") == "agnostic"))
    asked = scores.group_by("slice", "model").agg(pl.col("query_id").n_unique().alias("queries")).collect()
    counts = asked.group_by("slice").agg(pl.col("queries").n_unique().alias("different"), pl.col("model").len())
    uneven = counts.filter(pl.col("different") > 1).height
    fewest = {SLICES[split]: len(methods) for split, methods in EMBEDDINGS.items()}
    models = dict(counts.select("slice", "model").iter_rows())
    return CheckResult(
        uneven == 0 and set(models) == set(fewest),
        "; ".join(
            f"slice {name}: {count} models, {'un' * bool(uneven)}equal queries" for name, count in models.items()
        ),
        {f"models of slice {name}": count for name, count in models.items()},
    )
