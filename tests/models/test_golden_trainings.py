"""What twenty steps of each training end at, in fp32 on one thread: a change of any draw, loss or schedule shows."""

from pathlib import Path

import pytest
from small_tasks import CONFIGS, image_task, task_of, variant

from models.config import OptimisationConfig
from models.training import TrainingTask, fit

TWENTY = {"steps": 20, "validate_every": 20, "checkpoint_every": 20, "log_every": 10, "precision": "fp32"}


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """Sums come in one order."""


def twenty_steps(name: str) -> tuple[TrainingTask, OptimisationConfig]:
    """A training and how it is optimised."""
    if name in CONFIGS:
        optimisation = CONFIGS[name].optimisation.model_copy(update=TWENTY)
        return image_task(name, config=CONFIGS[name].model_copy(update={"optimisation": optimisation}))[0], optimisation
    task, location = name.split("_")
    config = variant(location, task, optimisation=TWENTY)
    return task_of(config), config.optimisation


@pytest.mark.parametrize("name", ["retrieval_raw", "retrieval_dropout", "retrieval_sampling", "tagging_raw", *CONFIGS])
def test_twenty_steps_end_where_they_did(tmp_path: Path, name: str) -> None:
    task, optimisation = twenty_steps(name)
    last = fit(task, optimisation, tmp_path, lambda _: None, device="cpu").last()
    weight = sum(float(parameter.detach().abs().double().sum()) for parameter in task.module.parameters())
    found = [last["loss"], last.get("validation_loss", last.get("validation_accuracy_at_1", 0.0)), weight]
    assert found == pytest.approx(GOLDEN[name], rel=5e-3)


# Mean loss of steps 11 to 20, validation loss or accuracy at 1 in percent, sum of the weights' magnitudes.
GOLDEN: dict[str, list[float]] = {
    "retrieval_raw": [0.01314, 0.01278, 196.801],
    "retrieval_dropout": [0.01714, 0.01139, 195.268],
    "retrieval_sampling": [0.01425, 0.01217, 196.128],
    "tagging_raw": [0.01276, 0.00934, 196.561],
    "mcc": [1.25697, 100.00000, 986.322],
    "mcc_all": [1.28698, 100.00000, 987.696],
    "mlc": [0.34781, 100.00000, 954.381],
    "mlc_prior": [0.31809, 100.00000, 955.293],
    "her": [0.10911, 100.00000, 942.476],
}
