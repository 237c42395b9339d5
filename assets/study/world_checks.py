"""Checks of the sample world, one for each group of criteria.

None blocks: a world that misses a criterion is published as missing it.
"""

import polars as pl

from assets.base.checks import CheckResult, check
from assets.base.run import Run

ASSET = "world_properties"


def _met(run: Run, *prefixes: str) -> CheckResult:
    """Whether all properties with a range whose name begins so are in it; one that could not be measured is not."""
    found = run.frame(ASSET).filter(
        pl.any_horizontal(pl.col("property").str.starts_with(prefix) for prefix in prefixes)
    )
    values: dict[str, int | float | str] = {}
    said, missed = [], 0
    for name, value, low, high in found.iter_rows():
        values[name] = "not measured" if value is None else value
        if low is None:
            continue
        values |= {f"{name}: from": low, f"{name}: to": high}
        fits = value is not None and low <= value <= high
        missed += not fits
        measured = "not measured" if value is None else f"{value:.3g}"
        said.append(f"{name} {measured} ({'' if fits else 'not '}{low:.3g} to {high:.3g})")
    return CheckResult(missed == 0, "; ".join(said), values)


@check(asset=ASSET, blocking=False)
def probes_in_range(run: Run) -> CheckResult:
    """Pixels tell continent, concept and city neither too well nor too badly."""
    return _met(run, "probe_")


@check(asset=ASSET, blocking=False)
def head_frequencies(run: Run) -> CheckResult:
    """The most frequent hashtags are those without meaning, which are skipped; the first one left is rare enough."""
    return _met(run, "hashtag_", "skipped_")


@check(asset=ASSET, blocking=False)
def leak_share(run: Run) -> CheckResult:
    """About half of the test photos have a training photo of the same user within 1 km."""
    return _met(run, "leak_")


@check(asset=ASSET, blocking=False)
def upper_bound_curve(run: Run) -> CheckResult:
    """The best possible precision falls with the distance as in the paper, within ten points."""
    return _met(run, "upper_bound_")


@check(asset=ASSET, blocking=False)
def frequency_is_weak(run: Run) -> CheckResult:
    """Always answering the most frequent hashtags is seldom right."""
    return _met(run, "frequency_")


ALL = (probes_in_range, head_frequencies, leak_share, upper_bound_curve, frequency_is_weak)
