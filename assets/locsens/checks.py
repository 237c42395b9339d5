"""Checks of the trained LocSens models."""

from pathlib import PurePosixPath

from assets.base.checks import CheckResult, check
from assets.base.run import Run

_WINDOW = 0.1


def _files(run: Run) -> dict[str, str]:
    return {PurePosixPath(path).name: path for path in run.files("locsens_model")}


@check(asset="locsens_model", blocking=True)
def locsens_weights_are_finite(run: Run) -> CheckResult:
    """Every published file of weights rebuilds the network, and no weight is NaN or infinite."""
    from assets.locsens.learn import CONFIG
    from models.locsens import load_locsens
    from models.weights import UnusableWeightsError

    files = _files(run)
    config = run.storage.read_bytes(files[CONFIG])
    weights = sorted(name for name in files if name.endswith(".safetensors"))
    count = 0
    for name in weights:
        try:
            network = load_locsens(config, run.storage.read_bytes(files[name]), name)
        except UnusableWeightsError as error:
            return CheckResult(False, str(error))
        count = sum(weight.numel() for weight in network.parameters())
    return CheckResult(
        bool(weights),
        f"{count:,} finite weights in each of {len(weights)} files",
        {"weights": count, "files": len(weights)},
    )


@check(asset="locsens_model", blocking=False)
def locsens_loss_went_down(run: Run) -> CheckResult:
    """The training loss at the end is below the one at the beginning, each over a tenth of the curve."""
    from assets.locsens.learn import CURVE

    losses = run.storage.read_table(_files(run)[CURVE], ["loss"]).column("loss").drop_null().to_pylist()
    window = max(1, int(len(losses) * _WINDOW))
    first, last = sum(losses[:window]) / window, sum(losses[-window:]) / window
    return CheckResult(
        last < first,
        f"training loss {first:.4g} at first, {last:.4g} at last",
        {"first": first, "last": last},
    )
