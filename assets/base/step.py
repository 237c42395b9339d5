"""Steps: what an `assets.py` declares. One step makes one asset, or several that come out of the same work.

A step says what it reads, which sections of the profile it uses and what makes it; `assets.base.freshness` derives from
that whether it is up to date, `assets.base.execute` runs it, `pipelines.dagster_assets` shows it to Dagster.
"""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assets.base.checks import Check
from assets.base.keys import Dimension

if TYPE_CHECKING:
    from assets.base.provenance import Input
    from assets.base.run import Run
    from assets.base.workspace import Workspace

STAGES = (
    "ingestion",
    "vocabulary",
    "splits",
    "images",
    "embeddings",
    "features",
    "locsens",
    "evaluation",
    "study",
    "catalog",
)


class NotRun(Exception):  # noqa: N818 - not an error: a method without what it needs is shown as not run
    """Raised by a step that cannot run for want of an input that is optional for the collection."""


@dataclass(frozen=True)
class Reads:
    """One dependency of a step.

    Without `only` and `each`: the same partition where both have the same dimension, all partitions otherwise.

    Attributes:
        asset: The upstream asset.
        only: The one upstream partition that is read.
        each: Upstream partitions for each of the step's own; keys that are absent read nothing.
        when: The step's own partitions that read it at all, None for every one.
        optional: Go on if it is missing or was not run; otherwise not run means the step does not run either.
        sliced: The upstream is whole, but only its slice for the step's partition counts as input.
        breaking: For pinned steps: a changed version makes the result unusable, not only older.
    """

    asset: str
    only: str | None = None
    each: Mapping[str, Collection[str]] | None = None
    when: Collection[str] | None = None
    optional: bool = False
    sliced: bool = False
    breaking: bool = False


@dataclass(frozen=True)
class Step:
    """What makes one or several assets.

    Attributes:
        name: Function name.
        stage: Package that it lives in, the group in the UI.
        outputs: The assets, all with the same partitions.
        by: Partition dimension, None for unpartitioned ones.
        reads: Dependencies.
        profile: Sections of the profile that it uses; `{partition}` stands for its key.
        code_version: To be raised when the code would make something else of the same inputs.
        kinds: Technologies, shown in the UI.
        checks: What is looked at before the result is published.
        pinned: Redone only on purpose.
        on_request: Made only where it is asked for by name, not on the way to what comes after.
        pool: Concurrency pool.
        shard_outputs: Assets by shard that a step by source file makes beside its own.
        answers: Upstream assets that the output is an answer to: their versions are part of its own, so that an equal
            answer to another question is not taken for the old one.
        outside: What the step reads that is no asset (a file of the source, of word vectors), as it stands now.
        body: The work.
        description: The function's docstring.
    """

    name: str
    stage: str
    outputs: tuple[str, ...]
    by: Dimension | None
    reads: tuple[Reads, ...]
    profile: tuple[str, ...]
    code_version: str
    kinds: frozenset[str]
    checks: tuple[Check, ...]
    pinned: bool
    pool: str | None
    shard_outputs: tuple[str, ...]
    outside: "Callable[[Workspace, str | None], list[Input]] | None"
    body: "Callable[[Run], None]" = field(repr=False)
    description: str = ""
    answers: tuple[str, ...] = ()
    on_request: bool = False


class StepRegistry:
    """Every declared step; filled when the stage packages are imported."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}
        self._makers: dict[str, Step] = {}

    def add(self, step: Step) -> None:
        """Declare a step.

        Raises:
            ValueError: The stage is unknown, or another step makes the same asset.
        """
        if step.stage not in STAGES:
            raise ValueError(f"step {step.name}: unknown stage {step.stage!r}, expected one of {', '.join(STAGES)}")
        for output in (*step.outputs, *step.shard_outputs):
            other = self._makers.get(output)
            if other is not None and other.name != step.name:
                raise ValueError(f"asset {output}: made by both {other.name} and {step.name}")
            self._makers[output] = step
        self._steps[step.name] = step

    def maker(self, asset: str) -> Step:
        """The step that makes an asset."""
        return self._makers[asset]

    def dimension(self, asset: str) -> Dimension | None:
        """The dimension that an asset is partitioned by."""
        step = self._makers[asset]
        return "shard" if asset in step.shard_outputs else step.by

    def assets(self) -> list[str]:
        """Names of all assets."""
        return list(self._makers)

    def rests_on_pinned(self, asset: str) -> bool:
        """Whether an asset is made by a pinned step that inputs can break, or of one that is."""
        step = self._makers[asset]
        return any(
            (step.pinned and reads.breaking) or (not step.pinned and self.rests_on_pinned(reads.asset))
            for reads in step.reads
            if not reads.optional
        )

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps.values())

    def in_order(self) -> list[Step]:
        """All steps, each after everything it reads; among equals, in order of stage and name."""
        waiting = sorted(self._steps.values(), key=lambda step: (STAGES.index(step.stage), step.name))
        done: set[str] = set()
        ordered: list[Step] = []
        while waiting:
            ready = next(
                (step for step in waiting if all(self._makers[r.asset].name in done for r in step.reads)),
                None,
            )
            if ready is None:
                raise ValueError(f"steps read each other in a circle: {', '.join(step.name for step in waiting)}")
            waiting.remove(ready)
            done.add(ready.name)
            ordered.append(ready)
        return ordered


STEPS = StepRegistry()


def step(
    *,
    stage: str,
    outputs: tuple[str, ...],
    by: Dimension | None = None,
    reads: tuple[Reads, ...] = (),
    profile: tuple[str, ...] = (),
    code_version: str = "1",
    kinds: Collection[str] = (),
    checks: tuple[Check, ...] = (),
    pinned: bool = False,
    on_request: bool = False,
    pool: str | None = None,
    shard_outputs: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
    outside: "Callable[[Workspace, str | None], list[Input]] | None" = None,
    name: str | None = None,
) -> "Callable[[Callable[[Run], None]], Step]":
    """Declare a step: the decorated function is its body.

    The arguments are the attributes of `Step`; `name` is for steps that come from a factory.
    """

    def decorate(body: "Callable[[Run], None]") -> Step:
        declared = Step(
            name=name or body.__name__,
            stage=stage,
            outputs=outputs,
            by=by,
            reads=reads,
            profile=profile,
            code_version=code_version,
            kinds=frozenset(kinds),
            checks=checks,
            pinned=pinned,
            pool=pool,
            shard_outputs=shard_outputs,
            outside=outside,
            body=body,
            description=inspect.cleandoc(body.__doc__ or ""),
            answers=answers,
            on_request=on_request,
        )
        STEPS.add(declared)
        return declared

    return decorate
