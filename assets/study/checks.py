"""Checks of the study: trainings that are compared had the same budget, and every model answered the same queries."""

import json

import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.run import Run
from assets.study.judge import PRECISION
from assets.study.plan import EMBEDDINGS, SLICES, trainings

_CHANCE = 50.0  # percent of the triplets


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


@check(asset="study_runs", blocking=False)
def every_locsens_training_learnt(run: Run) -> CheckResult:
    """Every LocSens training ranks validation photos' hashtags above their negatives more often than by chance.

    One that stands still (all scores equal, so that the loss is the margin) would be judged like any other. It stops
    nothing: an ablation may well not learn.
    """
    runs = run.frame("study_runs", ["training", "validation"])
    accuracies = {training: json.loads(validation).get("triplet_accuracy") for training, validation in runs.iter_rows()}
    measured = {training: value for training, value in accuracies.items() if value is not None}
    still = sorted(training for training, value in measured.items() if value <= _CHANCE)
    return CheckResult(
        not still,
        f"{len(measured) - len(still)} of {len(measured)} LocSens trainings order more than {_CHANCE:g} % of the "
        "validation triplets" + (f"; not {', '.join(still)}" if still else ""),
        {"trainings": len(measured), "standing still": len(still)},
    )


@check(asset="study_scores", blocking=True)
def every_model_was_judged(run: Run) -> CheckResult:
    """Each model that was trained has a precision for every query with a place that the others have one for."""
    scores = run.scan("study_scores").filter((pl.col("measure") == PRECISION) & (pl.col("granularity") == "agnostic"))
    asked = scores.group_by("slice", "model").agg(pl.col("query_id").n_unique().alias("queries")).collect()
    counts = {(row["slice"], row["model"]): row["queries"] for row in asked.iter_rows(named=True)}
    wanted = _wanted(run)
    missing = sorted(f"{model} ({name})" for name, model in wanted - counts.keys())
    even = all(len({count for (of, _), count in counts.items() if of == name}) == 1 for name in SLICES.values())
    return CheckResult(
        not missing and even,
        f"{len(counts)} of {len(wanted)} models judged"
        + (f", missing {', '.join(missing)}" if missing else "")
        + ("" if even else "; not all by as many queries"),
        {"models": len(counts), "missing": len(missing)},
    )


def _wanted(run: Run) -> set[tuple[str, str]]:
    """Slice and key of every retrieval model that a seed trains."""
    assert run.partition is not None
    trained = {
        (SLICES[one.split], model)
        for one in trainings(run.profile, int(run.partition))
        if one.config.task == "retrieval"
        for model in one.models.values()
    }
    untold = set() if run.files("word_vectors") else {"her"}
    others = {(SLICES[split], key) for split, keys in EMBEDDINGS.items() for key in {*keys, "upper_bound"} - untold}
    return trained | others
