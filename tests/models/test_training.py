"""The engine: what it learns, how it resumes after a kill, how it stops."""

import os
import re
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from small_tasks import CONFIGS, image_task, task_of, variant
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor, nn

from models.checkpoints import steps_done
from models.config import OptimisationConfig
from models.event_files import event_files
from models.randomness import generator_for
from models.share import WHOLE, Share
from models.training import LAST_CHECKPOINT, SNAPSHOTS, TrainingTask, fit
from models.watch import TrainingDivergedError
from models.weights import dump_weights, load_weights

SEED = 3


class LineTask(TrainingTask):
    """Learns y = 2 x0 - x1 with a network that also draws (dropout); `pause` gives a kill its moment."""

    def __init__(self, pause: float = 0.0, spoil_at: int | None = None, spoil: float = float("nan")) -> None:
        torch.manual_seed(0)
        self.module = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))
        self.pause, self.spoil_at, self.spoil = pause, spoil_at, spoil
        self.asked: list[int] = []

    def batch(self, step: int, share: Share = WHOLE) -> dict[str, Tensor]:
        self.asked.append(step)
        x = torch.randn(16, 2, generator=generator_for(SEED, "batch", step))[share.within(16)]
        return {"x": x, "y": 2 * x[:, :1] - x[:, 1:]}

    def loss(self, batch: dict[str, Tensor], step: int, share: Share = WHOLE) -> Tensor:
        time.sleep(self.pause)
        noise = torch.randn(16, 1, generator=generator_for(SEED, "noise", step))[share.within(16)]
        loss = (self.module(batch["x"]) - batch["y"] + 0.01 * noise).square().mean()
        return loss * self.spoil if step == self.spoil_at else loss

    def validate(self) -> dict[str, float]:
        assert not self.module.training
        assert not torch.is_grad_enabled()
        x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        return {"error": float((self.module(x) - torch.tensor([[2.0], [-1.0]])).abs().mean())}

    def snapshots(self) -> dict[int, str]:
        return {20: "first", 40: "second"}


def options(**changes: object) -> OptimisationConfig:
    values: dict[str, object] = {
        "steps": 60,
        "batch_size": 16,
        "learning_rate": 0.05,
        "schedule": "cosine",
        "warmup_steps": 5,
        "precision": "fp32",
        "checkpoint_every": 10,
        "validate_every": 30,
        "log_every": 20,
        "seed": SEED,
    }
    return OptimisationConfig.model_validate(values | changes)


def test_learns_and_keeps_curve_snapshots_and_checkpoint(tmp_path: Path) -> None:
    task, lines = LineTask(), []
    curve = fit(task, options(steps=300), tmp_path, lines.append, device="cpu")
    table = curve.table()
    assert table.column("step").to_pylist() == sorted(set(range(10, 301, 10)))
    losses = table.column("loss").drop_null().to_pylist()
    assert len(losses) == 15
    assert losses[-1] < 0.3 * losses[0]
    errors = table.column("error").to_pylist()
    assert [step for step, error in zip(table["step"].to_pylist(), errors, strict=True) if error is not None] == [
        30 * n for n in range(1, 11)
    ]
    assert curve.last()["error"] < 0.3
    assert task.asked == list(range(300))
    assert not task.module.training
    assert steps_done(tmp_path / LAST_CHECKPOINT, options(steps=300)) == 300
    assert sorted(path.name for path in (tmp_path / SNAPSHOTS).iterdir()) == [
        "first.safetensors",
        "second.safetensors",
    ]
    assert list((tmp_path / "tensorboard").glob("events*"))
    assert lines[-1].startswith("step 300/300: loss ")
    assert curve.seconds_per_step > 0


def test_a_loss_is_the_mean_of_a_whole_window_whatever_else_is_due_within_it(tmp_path: Path) -> None:
    seldom = fit(LineTask(), options(validate_every=60, checkpoint_every=60), tmp_path / "seldom", print, device="cpu")
    often = fit(LineTask(), options(validate_every=7, checkpoint_every=9), tmp_path / "often", print, device="cpu")
    whole = {row["step"]: row["loss"] for row in seldom.rows if "loss" in row}
    assert list(whole) == [20, 40, 60]
    assert {row["step"]: row["loss"] for row in often.rows if "loss" in row} == whole
    assert {7, 9, 14, 18, 21} < {row["step"] for row in often.rows}


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize("stop", [10, 17])
def test_resumed_equals_undisturbed(tmp_path: Path, optimiser: str, stop: int) -> None:
    class StoppedError(Exception):
        pass

    class Stopping(LineTask):
        def loss(self, batch: dict[str, Tensor], step: int, share: Share = WHOLE) -> Tensor:
            if step == stop:
                raise StoppedError
            return super().loss(batch, step, share)

    config = options(optimiser=optimiser)
    whole = LineTask()
    undisturbed = fit(whole, config, tmp_path / "whole", print, device="cpu")
    with pytest.raises(StoppedError):
        fit(Stopping(), config, tmp_path / "cut", print, device="cpu")
    resumed, lines = LineTask(), []
    curve = fit(resumed, config, tmp_path / "cut", lines.append, device="cpu")
    assert lines[0] == "resuming after step 10 of 60"
    assert resumed.asked == list(range(10, 60))
    assert dump_weights(resumed.module) == dump_weights(whole.module)
    assert curve.table().equals(undisturbed.table())
    for name in ("first", "second"):
        one, other = (tmp_path / run / SNAPSHOTS / f"{name}.safetensors" for run in ("whole", "cut"))
        assert one.read_bytes() == other.read_bytes()


def test_tensorboard_shows_a_resumed_training_whole(tmp_path: Path) -> None:
    class Stopping(LineTask):
        def loss(self, batch: dict[str, Tensor], step: int, share: Share = WHOLE) -> Tensor:
            if step == 27:
                raise KeyError
            return super().loss(batch, step, share)

    config = options(log_every=5)
    with pytest.raises(KeyError):
        fit(Stopping(), config, tmp_path, print, device="cpu")
    curve = fit(LineTask(), config, tmp_path, print, device="cpu").table().to_pydict()
    folder = tmp_path / "published"
    folder.mkdir()
    for name, content in event_files(tmp_path):
        (folder / Path(name).name).write_bytes(content)
    assert sorted(path.name[-4:] for path in folder.iterdir()) == ["0000", "0001"]
    losses = EventAccumulator(str(folder)).Reload().Scalars("loss")
    assert [event.step for event in losses] == curve["step"]
    assert [event.value for event in losses] == pytest.approx(curve["loss"])


def test_the_curve_holds_the_rate_that_each_step_was_taken_with(tmp_path: Path) -> None:
    curve = fit(LineTask(), options(schedule="step", drop_at=0.5, log_every=10), tmp_path, print, device="cpu").table()
    rates = dict(zip(curve["step"].to_pylist(), curve["learning_rate"].to_pylist(), strict=True))
    assert [rates[step] for step in (10, 30, 40, 60)] == pytest.approx([0.05, 0.05, 0.005, 0.005])


def test_a_step_writes_no_stack_down_for_devices_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks: list[object] = []
    real = traceback.format_stack
    monkeypatch.setattr(traceback, "format_stack", lambda *args: stacks.append(args) or real(*args))
    task = LineTask()  # seeds as one does, so that there are some
    assert torch.cuda.is_available() or stacks
    before = len(stacks)
    fit(task, options(), tmp_path, print, device="cpu")
    assert len(stacks) - before < 5, "not one for each of 60 steps"


def test_finished_training_is_only_loaded(tmp_path: Path) -> None:
    first, again = LineTask(), LineTask()
    curve = fit(first, options(), tmp_path, print, device="cpu")
    same = fit(again, options(), tmp_path, print, device="cpu")
    assert again.asked == []
    assert dump_weights(again.module) == dump_weights(first.module)
    assert same.table().equals(curve.table())


def test_other_options_start_anew(tmp_path: Path) -> None:
    fit(LineTask(), options(), tmp_path, print, device="cpu")
    task, lines = LineTask(), []
    fit(task, options(learning_rate=0.01), tmp_path, lines.append, device="cpu")
    assert "made with other options" in lines[0]
    assert task.asked == list(range(60))


CHILD = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
from test_training import killable
from models.training import fit
from models.weights import dump_weights
scratch = Path(sys.argv[1])
task, config = killable(sys.argv[4], sys.argv[3], float(sys.argv[2]))
fit(task, config, scratch, lambda line: print(line, flush=True), device="cpu")
Path(scratch, "final").write_bytes(dump_weights(task.module))
"""


def killable(name: str, precision: str, pause: float) -> tuple[TrainingTask, OptimisationConfig]:
    """A training of 60 steps that waits `pause` seconds a step, and how it is optimised."""
    config = options(precision=precision)
    if name == "line":
        return LineTask(pause), config
    changes = config.model_dump(include={"steps", "precision", "checkpoint_every", "validate_every", "log_every"})
    task: TrainingTask
    if name in CONFIGS:
        config = CONFIGS[name].optimisation.model_copy(update=changes)
        task = image_task(name, config=CONFIGS[name].model_copy(update={"optimisation": config}))[0]
    else:
        of_variant = variant(name, optimisation=changes)
        task, config = task_of(of_variant), of_variant.optimisation
    unhurried = task.loss

    def loss(batch: object, step: int, share: Share) -> Tensor:
        time.sleep(pause)
        return unhurried(batch, step, share)

    task.loss = loss  # type: ignore[method-assign]
    return task, config


def start_child(scratch: Path, pause: float, precision: str, name: str) -> subprocess.Popen[str]:
    code = CHILD.format(tests=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(scratch), str(pause), precision, name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": f"{Path(__file__).parents[2]}{os.pathsep}{Path(__file__).parent}"},
    )


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("line", "bf16"),
        pytest.param("line", "fp32", marks=pytest.mark.slow),
        ("sampling", "bf16"),
        ("mcc", "bf16"),
        pytest.param("dropout", "fp32", marks=pytest.mark.slow),
        pytest.param("mlc", "fp32", marks=pytest.mark.slow),
        pytest.param("her", "bf16", marks=pytest.mark.slow),
    ],
)
def test_killed_training_ends_with_the_same_weights(tmp_path: Path, name: str, precision: str) -> None:
    whole, config = killable(name, precision, 0.0)
    fit(whole, config, tmp_path / "whole", print, device="cpu")
    child = start_child(tmp_path / "killed", 0.02, precision, name)
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith(("step 30/", "step 36/")):
            break
    time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed" / "final").exists()
    again = start_child(tmp_path / "killed", 0.0, precision, name)
    output, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    assert re.match(r"resuming after step [34]0 of 60", output)
    assert (tmp_path / "killed" / "final").read_bytes() == dump_weights(whole.module)


def test_workers_make_the_same_batches(tmp_path: Path) -> None:
    alone, helped = LineTask(), LineTask()
    fit(alone, options(), tmp_path / "alone", print, device="cpu")
    fit(helped, options(workers=2), tmp_path / "helped", print, device="cpu")
    assert dump_weights(alone.module) == dump_weights(helped.module)


@pytest.mark.parametrize(("spoil", "found"), [(float("nan"), "nan"), (1e9, "e+")])
def test_divergence_names_the_step_and_keeps_the_checkpoint(tmp_path: Path, spoil: float, found: str) -> None:
    with pytest.raises(TrainingDivergedError, match=r"diverged at step 35 of 60: loss .*learning_rate") as caught:
        fit(LineTask(spoil_at=34, spoil=spoil), options(), tmp_path, print, device="cpu")
    assert found in str(caught.value)
    assert str(tmp_path / LAST_CHECKPOINT) in str(caught.value)
    assert steps_done(tmp_path / LAST_CHECKPOINT, options()) == 30
    kept = torch.load(tmp_path / LAST_CHECKPOINT, weights_only=True)
    assert all(bool(torch.isfinite(value).all()) for value in kept["state_dict"].values())


def test_weights_broken_by_a_finite_loss_are_not_saved(tmp_path: Path) -> None:
    class Breaking(LineTask):
        def loss(self, batch: dict[str, Tensor], step: int, share: Share = WHOLE) -> Tensor:
            loss = super().loss(batch, step, share)
            # its value is 0, its gradient is not a number
            return loss + (0 * self.module[0].weight).sum().abs().sqrt() if step == 39 else loss

    with pytest.raises(TrainingDivergedError, match=r"diverged at step 40 of 60: 0\.weight is not finite any more"):
        fit(Breaking(), options(), tmp_path, lambda _: None, device="cpu")
    assert not (tmp_path / SNAPSHOTS / "second.safetensors").exists()
    assert steps_done(tmp_path / LAST_CHECKPOINT, options()) == 30
    task = LineTask()
    fit(task, options(), tmp_path, lambda _: None, device="cpu")
    assert all(weights.isfinite().all() for weights in task.module.state_dict().values())


def test_divergence_at_once_has_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(TrainingDivergedError, match="step 1 of 60") as caught:
        fit(LineTask(spoil_at=0), options(), tmp_path, print, device="cpu")
    assert "kept" not in str(caught.value)


def test_says_nothing_that_is_not_asked_for(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fit(LineTask(), options(), tmp_path, lambda line: None, device="cpu")
        fit(LineTask(), options(), tmp_path, lambda line: None, device="cpu")
    assert [str(warning.message) for warning in seen] == []
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_torchs_own_random_state_is_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    task = LineTask()
    torch.manual_seed(11)
    fit(task, options(), tmp_path, print, device="cpu")
    assert torch.equal(torch.rand(3), expected)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    from models.weights import UnusableWeightsError

    net = nn.Linear(2, 1)
    data = dump_weights(net)
    load_weights(nn.Linear(2, 1), data)
    with pytest.raises(UnusableWeightsError, match=r"w.safetensors do not fit Linear"):
        load_weights(nn.Linear(3, 1), data, "w.safetensors")
    with pytest.raises(UnusableWeightsError, match="expected safetensors"):
        load_weights(net, b"not weights")
    with torch.no_grad():
        net.bias.fill_(float("nan"))
    with pytest.raises(UnusableWeightsError, match="1 NaN or infinite of 1 in bias"):
        dump_weights(net)


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_gradients_are_clipped_in_both_precisions(tmp_path: Path, optimiser: str, precision: str) -> None:
    """Lightning's own clipping refuses fused optimisers under bf16."""
    config = variant(optimisation={"steps": 1, "optimiser": optimiser, "precision": precision, "clip_norm": 1e-4})
    task = task_of(config)
    before = torch.cat([weight.detach().flatten().clone() for weight in task.module.parameters()])
    fit(task, config.optimisation, tmp_path, lambda _: None, device="cpu")
    gradients = torch.cat([weight.grad.flatten() for weight in task.module.parameters() if weight.grad is not None])
    assert 0 < gradients.norm().item() <= 1e-4 * (1 + 1e-4)
    after = torch.cat([weight.detach().flatten() for weight in task.module.parameters()])
    assert not torch.equal(before, after)


def test_event_files_are_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    """TensorBoard's names end in a counter, and 10 comes before 9 by name."""
    (tmp_path / "tensorboard").mkdir()
    for time_ns, counter in ((10**9, 9), (2 * 10**9, 10)):
        path = tmp_path / "tensorboard" / f"events.out.tfevents.1700000000.host.7.{counter}"
        path.write_bytes(str(counter).encode())
        os.utime(path, ns=(time_ns, time_ns))
    assert [content for _, content in event_files(tmp_path)] == [b"9", b"10"]
