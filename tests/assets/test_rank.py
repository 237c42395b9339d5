"""A step that trains in two processes: the model is that of one, what failed is said, and no process is left over."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from safetensors.numpy import load

from assets.base.launch import TrainingProcessError

pytestmark = pytest.mark.slow  # each test starts two or more processes that import torch

STEPS = 6


def few_steps(colours, devices: int, **changes: object) -> None:
    """Sets the collection up for a few steps of MCC."""
    workspace = colours.workspace
    workspace.settings = workspace.settings.model_copy(update={"devices": devices})
    mcc = workspace.profile.embeddings.mcc
    short = {"steps": STEPS, "optimiser": "sgd", "learning_rate": 0.05, "validate_every": 3, "log_every": 2}
    optimisation = mcc.optimisation.model_copy(update=short | changes)
    embeddings = workspace.profile.embeddings.model_copy(
        update={"mcc": mcc.model_copy(update={"optimisation": optimisation})}
    )
    workspace.profile = workspace.profile.model_copy(update={"embeddings": embeddings})


def weights_of(colours) -> dict[str, np.ndarray]:
    """What is published."""
    return load(colours.workspace.storage.read_bytes("models/embedding_model/mcc/weights.safetensors"))


def test_two_processes_make_the_model_of_one(open_colours, caplog):
    caplog.set_level(logging.INFO)
    colours = open_colours()
    few_steps(colours, 1)
    alone = colours.make("embedding_model", "mcc").raise_if_failed().records["embedding_model"]
    whole = weights_of(colours)
    assert "processes" not in caplog.text
    caplog.clear()
    few_steps(colours, 2)
    record = colours.make("embedding_model", "mcc", force=True).raise_if_failed().records["embedding_model"]
    for name, weights in weights_of(colours).items():
        np.testing.assert_allclose(weights, whole[name], atol=1e-5, rtol=1e-4, err_msg=name)
    facts = {"steps", "training photos", "validation photos", "validation_accuracy_at_1"}
    assert {name: record.facts[name] for name in facts} == {name: alone.facts[name] for name in facts}
    assert [file.path for file in record.files if file.versioned] == [
        file.path for file in alone.files if file.versioned
    ]
    told = [line for line in caplog.messages if line.startswith(("training on", "step ", "resuming"))]
    assert told[0] == "training on 2 devices, one process each"
    assert [re.split(r"[:/]", line)[0] for line in told[1:-1]] == ["step 2", "step 3", "step 4", "step 6"]
    assert "validation_accuracy_at_10" in told[2]
    assert told[-1] == "resuming after step 6 of 6"


def test_what_failed_in_a_process_is_said(open_colours):
    colours = open_colours()
    few_steps(colours, 2, learning_rate=1e9, explosion_factor=2.0)
    with pytest.raises(TrainingProcessError, match=r"training diverged at step \d+ of 6: "):
        colours.make("embedding_model", "mcc")
    few_steps(colours, 5)
    with pytest.raises(TrainingProcessError, match="found a batch_size of 32, accumulate 1 and devices 5"):
        colours.make("embedding_model", "mcc")


def test_without_photos_it_is_not_run(open_colours):
    colours = open_colours(without_images=("colours-00000", "colours-00001"))
    few_steps(colours, 2)
    record = colours.make("embedding_model", "mcc").records["embedding_model"]
    assert (record.status, record.files) == ("not_run", ())
    assert "expected training photos with an image" in record.reason


STEP = """
import json, logging, sys
from pathlib import Path
from assets.base.execute import execute
from assets.base.profiles import Profile
from assets.base.settings import Settings
from assets.base.workspace import Workspace
from assets.steps import all_steps
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
settings, profile = json.loads(Path(sys.argv[1]).read_text())
steps = all_steps()
workspace = Workspace(Settings(**settings), steps, Profile.model_validate(profile))
execute(steps.maker("embedding_model"), workspace, "mcc", logging.getLogger())
"""


def test_no_process_outlives_a_killed_step(open_colours, tmp_path):
    colours = open_colours()
    few_steps(colours, 2, steps=100_000, log_every=1)
    workspace = colours.workspace
    path = tmp_path / "step.json"
    path.write_text(json.dumps([workspace.settings.model_dump(mode="json"), workspace.profile.model_dump(mode="json")]))
    step = subprocess.Popen(
        [sys.executable, "-c", STEP, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert step.stdout is not None
    for line in step.stdout:
        if line.startswith("step 2/"):
            break
    family = psutil.Process(step.pid).children(recursive=True)
    assert sum("assets.rank" in " ".join(one.cmdline()) for one in family) >= 3  # the launcher and two processes
    step.send_signal(signal.SIGKILL)
    assert step.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family):
        assert time.monotonic() < deadline, [one.cmdline() for one in family if one.is_running()]
        time.sleep(0.2)
