"""Asset checks: plain functions that look at what a step has just written, before its record of provenance is.

A blocking check that fails leaves no record, so nothing after it can go on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.base.run import Run


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Attributes:
        passed: Whether all is well.
        sentence: What was found, in words.
        values: The figures behind it.
    """

    passed: bool
    sentence: str
    values: dict[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A check of one asset."""

    name: str
    asset: str
    blocking: bool
    description: str
    function: "Callable[[Run], CheckResult]"

    def __call__(self, run: "Run") -> CheckResult:
        """Look at what the run has written."""
        return self.function(run)


class BlockingCheckError(RuntimeError):
    """A blocking check failed: what was made is not published."""


def check(*, asset: str, blocking: bool) -> "Callable[[Callable[[Run], CheckResult]], Check]":
    """Make a function a check of an asset; its docstring is the description.

    Args:
        asset: The asset that it looks at.
        blocking: Whether a failure stops what comes after.
    """

    def decorate(function: "Callable[[Run], CheckResult]") -> Check:
        return Check(function.__name__, asset, blocking, (function.__doc__ or "").strip(), function)

    return decorate
