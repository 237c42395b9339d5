"""What the study's checks say of trainings."""

import json
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from assets.base.profiles import load_profile
from assets.base.run import Run
from assets.study.checks import every_locsens_training_learnt, locsens_budgets_are_equal
from assets.study.plan import trainings


def run_with(rows: list[dict[str, Any]]) -> Run:
    """A run of seed 0 that wrote these rows of `study_runs`."""
    table = pl.DataFrame(rows)
    frame = lambda _asset, columns: table.select(columns)  # noqa: E731
    return cast("Run", SimpleNamespace(frame=frame, partition="0", profile=load_profile("tiny")))


def test_a_training_that_stands_still_is_named() -> None:
    accuracies = {"mcc": None, "retrieval_raw": 81.3, "retrieval_zeroed": 50.1, "retrieval_raw_unnormalised": 0.0}
    rows = [
        {
            "training": training,
            "validation": json.dumps({} if value is None else {"triplet_accuracy": value, "validation_loss": 0.1}),
        }
        for training, value in accuracies.items()
    ]
    found = every_locsens_training_learnt(run_with(rows))
    assert not found.passed
    assert found.sentence == (
        "2 of 3 LocSens trainings order more than 50 % of the validation triplets; not retrieval_raw_unnormalised"
    )
    assert every_locsens_training_learnt(run_with(rows[:3])).passed


@pytest.mark.parametrize(("steps", "passed"), [(12, True), (13, False)])
def test_one_other_budget_is_enough_to_fail(steps: int, passed: bool) -> None:
    rows = [
        {"training": one.key, "steps": 12, "batch_size": 32, "learning_rate_area": 0.5}
        for one in trainings(load_profile("tiny"), 0)
    ]
    rows[3]["steps"] = steps
    rows.append({"training": "mcc", "steps": 2_000, "batch_size": 64, "learning_rate_area": 3.0})
    assert locsens_budgets_are_equal(run_with(rows)).passed is passed
