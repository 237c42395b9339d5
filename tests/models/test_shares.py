"""A step's batch in equal parts, one after the other and in two processes, ends where the whole batch ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load
from small_tasks import CONFIGS, TRAIN, image_task, task_of, variant
from torch import Tensor

from models.config import OptimisationConfig
from models.locsens_training import LocSensTask
from models.photo_sets import EpochOrder, PhotoSet
from models.share import Share
from models.training import TrainingTask, fit
from models.weights import dump_weights

LOCSENS = ["retrieval raw", "retrieval dropout", "retrieval sampling", "retrieval zeroed", "tagging raw"]
IMAGES = ["mcc", "mcc_all", "mlc", "her"]
# Sums in another order, in float32; AdamW takes the root of their squares, so that few steps are compared.
CLOSE = {"atol": 1e-5, "rtol": 1e-4}
STEPS = 6


def small(name: str, **changes: object) -> tuple[TrainingTask, OptimisationConfig]:
    """A training of a few steps of plain SGD, and how it is optimised."""
    few: dict[str, object] = {"steps": STEPS, "batch_size": 48, "optimiser": "sgd", "learning_rate": 0.05}
    few |= {"validate_every": 3, "checkpoint_every": 3, "log_every": 2} | changes
    if name in CONFIGS:
        optimisation = CONFIGS[name].optimisation.model_copy(update=few)
        return image_task(name, config=CONFIGS[name].model_copy(update={"optimisation": optimisation}))[0], optimisation
    kind, location = name.split()
    config = variant(location, kind, optimisation=few)
    return task_of(config), config.optimisation


def trained(name: str, scratch: Path, **changes: object) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """Weights and curve of `small`."""
    task, optimisation = small(name, **changes)
    curve = fit(task, optimisation, scratch, lambda _: None, device="cpu")
    return load(dump_weights(task.module)), curve.table().to_pydict()


def assert_close(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Every weight near its counterpart."""
    assert found.keys() == expected.keys()
    for name, weights in expected.items():
        torch.testing.assert_close(found[name], weights, **CLOSE, msg=lambda text, name=name: f"{name}: {text}")


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Networks this small are slower on several."""


def test_parts_of_a_batch_are_equal_and_all_of_it() -> None:
    rows = list(range(12))
    assert [rows[Share(index, 3).within(12)] for index in range(3)] == [rows[:4], rows[4:8], rows[8:]]
    sentence = "found a batch_size of 32, accumulate 3 and devices 1"
    with pytest.raises(ValidationError, match=sentence):
        OptimisationConfig(batch_size=32, accumulate=3)


def test_devices_that_do_not_divide_the_batch_are_refused(tmp_path: Path) -> None:
    task, optimisation = small("retrieval raw")
    with pytest.raises(ValueError, match="found a batch_size of 48, accumulate 1 and devices 5"):
        fit(task, optimisation, tmp_path, print, device="cpu", devices=5)
    with pytest.raises(RuntimeError, match=r"training on 2 devices: expected .* torch.distributed.run, found 1"):
        fit(task, optimisation, tmp_path, print, device="cpu", devices=2)


@pytest.mark.parametrize("name", LOCSENS + IMAGES)
def test_accumulated_parts_end_where_the_whole_batch_ends(tmp_path: Path, name: str) -> None:
    whole, curve = trained(name, tmp_path / "whole")
    parts, of_parts = trained(name, tmp_path / "parts", accumulate=3)
    assert_close(parts, whole)
    assert of_parts["step"] == curve["step"] == ([1, 2, 3, 4, 6] if "sampling" in name else [2, 3, 4, 6])
    measured = [step for step, loss in zip(curve["step"], curve["loss"], strict=True) if loss is not None]
    assert measured == [2, 4, 6]
    found, expected = ([loss for loss in one["loss"] if loss is not None] for one in (of_parts, curve))
    assert found == pytest.approx(expected, rel=1e-4)
    before = load(dump_weights(small(name)[0].module))
    assert not all(torch.allclose(whole[key], before[key], **CLOSE) for key in whole)


def test_an_accumulated_training_resumes_exactly(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    class Stopping(LocSensTask):
        def loss(self, batch: Tensor, step: int, share: Share) -> Tensor:
            if step == 4 and share.index == 1:
                raise StoppedError
            return super().loss(batch, step, share)

    whole, _ = trained("retrieval sampling", tmp_path / "whole", accumulate=3)
    task, optimisation = small("retrieval sampling", accumulate=3)
    task.__class__ = Stopping
    with pytest.raises(StoppedError):
        fit(task, optimisation, tmp_path / "cut", lambda _: None, device="cpu")
    resumed, _ = trained("retrieval sampling", tmp_path / "cut", accumulate=3)
    assert all(torch.equal(resumed[name], weights) for name, weights in whole.items())


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_no_photo_is_left_out_and_none_seen_twice_per_epoch(devices: int) -> None:
    photos = PhotoSet(TRAIN.pixels, TRAIN.tags, TRAIN.parts)
    order, size = EpochOrder(photos.parts, 1, seed=4), 24
    epochs = 3
    seen: list[int] = []
    for step in range(epochs * len(photos) // size):
        for rank in range(devices):
            seen += order.positions(step, size)[Share(rank, devices).within(size)].tolist()
    assert len(seen) == epochs * len(photos)
    for epoch in range(epochs):
        assert sorted(seen[epoch * len(photos) : (epoch + 1) * len(photos)]) == list(range(len(photos)))


@pytest.mark.slow
def test_two_processes_end_where_one_ends(tmp_path: Path) -> None:
    names = ["retrieval raw", "retrieval zeroed", "tagging raw", "mcc", "mlc", "her"]
    root = Path(__file__).parents[2]
    two = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    child = subprocess.run(
        [*two, str(Path(__file__).with_name("rank.py")), str(tmp_path), *names],
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests' / 'models'}", "OMP_NUM_THREADS": "1"},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3000:]
    seen: list[int] = []
    for name in names:
        whole, curve = trained(name, tmp_path / "one" / name)
        ranks = [load((tmp_path / f"{name}-{rank}.safetensors").read_bytes()) for rank in (0, 1)]
        assert all(torch.equal(ranks[0][key], ranks[1][key]) for key in whole), name
        assert_close(ranks[0], whole)
        told = (tmp_path / f"{name}.log").read_text().splitlines()
        assert told[-1].startswith(f"step {STEPS}/{STEPS}: loss {curve['loss'][-1]:.3f}"[:-1]), name
    for rank in (0, 1):
        seen += [int(line) for line in (tmp_path / f"mcc-{rank}.seen").read_text().split()]
    # 288 of 200 photos: the first epoch whole, each once, the rest of the second.
    assert len(seen) == STEPS * 48
    assert sorted(seen.count(photo) for photo in range(200)) == [1] * 112 + [2] * 88
