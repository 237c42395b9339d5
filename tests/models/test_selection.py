"""Best weights and early stop go by the validation, are exact over a resume, and are off by default."""

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load
from torch import Tensor, nn

from models.config import OptimisationConfig, VariantConfig
from models.randomness import generator_for
from models.selection import SelectionError
from models.share import WHOLE, Share
from models.training import TrainingTask, fit
from models.weights import dump_weights

LOSSES = (5.0, 3.0, 1.0, 2.0, 4.0, 6.0, 0.5, 0.25)


class Told(TrainingTask):
    """A training whose validation says what it is told to; it stops with an error at a step, if one is given."""

    def __init__(self, stop: int = -1, metrics: bool = True) -> None:
        torch.manual_seed(0)
        self.module = nn.Linear(2, 1)
        self.stop, self.metrics = stop, metrics
        self.weights: list[bytes] = []
        self.step = 0

    def batch(self, step: int, share: Share = WHOLE) -> Tensor:
        return torch.randn(4, 2, generator=generator_for(1, "batch", step))[share.within(4)]

    def loss(self, batch: Tensor, step: int, share: Share = WHOLE) -> Tensor:
        del share
        if step == self.stop:
            raise KeyError
        self.step = step + 1
        return (self.module(batch) - 1).square().mean()

    def validate(self) -> dict[str, float]:
        self.weights.append(dump_weights(self.module))
        loss = LOSSES[self.step // 5 - 1]
        return {"validation_loss": loss, "precision_at_10": -loss} if self.metrics else {}


def options(**changes: object) -> OptimisationConfig:
    values: dict[str, object] = {"steps": 40, "batch_size": 4, "precision": "fp32", "validate_every": 5}
    values |= {"checkpoint_every": 10, "log_every": 5, "learning_rate": 0.01}
    return OptimisationConfig.model_validate(values | changes)


def test_the_last_weights_are_kept_by_default(tmp_path: Path) -> None:
    task = Told()
    curve = fit(task, options(), tmp_path, lambda _: None, device="cpu")
    assert (curve.kept_step, len(task.weights)) == (40, 8)
    assert dump_weights(task.module) == task.weights[-1]


@pytest.mark.parametrize("select_by", ["validation_loss", "precision_at_10"])
def test_the_best_weights_are_kept(tmp_path: Path, select_by: str) -> None:
    task, lines = Told(), []
    config = options(keep="best", select_by=select_by, steps=30)
    curve = fit(task, config, tmp_path, lines.append, device="cpu")
    assert dump_weights(task.module) == task.weights[2] != task.weights[-1]
    assert (curve.kept_step, curve.last()["step"]) == (15, 30)
    sign = "" if select_by == "validation_loss" else "-"
    assert lines[-1] == f"the weights after step 15 of 30 are kept: {select_by} was best after step 15: {sign}1.0"


@pytest.mark.parametrize("keep", ["best", "last"])
def test_patience_stops_and_a_resume_does_not_go_on(tmp_path: Path, keep: str) -> None:
    config = options(keep=keep, patience=2)
    task, lines = Told(), []
    curve = fit(task, config, tmp_path, lines.append, device="cpu")
    assert [row["step"] for row in curve.rows] == [5, 10, 15, 20, 25]
    assert curve.kept_step == (15 if keep == "best" else 25)
    assert dump_weights(task.module) == task.weights[2 if keep == "best" else 4]
    assert "stopped early after step 25 of 40: validation_loss was best after step 15: 1.0" in lines
    again = Told()
    same = fit(again, config, tmp_path, lines.append, device="cpu")
    assert (again.step, same.kept_step, same.rows) == (0, curve.kept_step, curve.rows)
    assert dump_weights(again.module) == dump_weights(task.module)


def test_who_stops_before_a_logging_window_is_whole_has_a_loss_all_the_same(tmp_path: Path) -> None:
    curve = fit(Told(), options(patience=2, log_every=40), tmp_path, lambda _: None, device="cpu")
    assert [row["step"] for row in curve.rows if "loss" in row] == [25]
    every = fit(Told(), options(patience=2, log_every=1), tmp_path / "every", lambda _: None, device="cpu")
    losses = [row["loss"] for row in every.rows]
    assert len(losses) == 25
    assert curve.last()["loss"] == pytest.approx(sum(losses) / 25)


@pytest.mark.parametrize("stop", [12, 23])
def test_a_resumed_choice_equals_an_undisturbed_one(tmp_path: Path, stop: int) -> None:
    config = options(keep="best", patience=2)
    whole, again = Told(), Told()
    curve = fit(whole, config, tmp_path / "whole", lambda _: None, device="cpu")
    with pytest.raises(KeyError):
        fit(Told(stop), config, tmp_path / "cut", lambda _: None, device="cpu")
    resumed = fit(again, config, tmp_path / "cut", lambda _: None, device="cpu")
    assert dump_weights(again.module) == dump_weights(whole.module)
    assert (resumed.kept_step, resumed.rows) == (curve.kept_step, curve.rows)
    assert load(dump_weights(again.module)).keys() == {"weight", "bias"}


def test_a_metric_that_is_not_measured_is_named(tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match=r"found 'recall'; they are precision_at_10, validation_loss"):
        fit(Told(), options(keep="best", select_by="recall"), tmp_path / "a", lambda _: None, device="cpu")
    with pytest.raises(SelectionError, match="they are none: there is nothing to validate on"):
        fit(Told(metrics=False), options(patience=1), tmp_path / "b", lambda _: None, device="cpu")


def test_variants_that_change_their_aim_cannot_choose() -> None:
    chosen = OptimisationConfig(keep="best")
    assert VariantConfig(location="raw", optimisation=chosen).optimisation.keep == "best"
    for values in ({"location": "dropout"}, {"location": "sampling"}, {"location": "raw", "starts_from": "zeroed"}):
        with pytest.raises(ValidationError, match="keep best and patience compare validations of one aim"):
            VariantConfig.model_validate(values | {"optimisation": chosen})


def test_a_metric_that_is_nan_at_first_is_not_the_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.LOSSES", (float("nan"), *LOSSES[1:]))
    curve = fit(Told(), options(keep="best"), tmp_path, lambda _: None, device="cpu")
    assert curve.kept_step == 40
