"""A model step on two devices through Dagster: Pipes brings the first process's lines, and what failed, to the run."""

from collections.abc import Callable, Iterator

import dagster as dg
import pytest
from tiny_collection import Tiny

from assets.base.workspace import Workspace
from pipelines.dagster_assets import REFRESH_TAG, to_dagster

pytestmark = pytest.mark.slow


def materialized(workspace: Workspace, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """One variant of `locsens_model`, made anew."""
    step = workspace.steps.maker("locsens_model")
    return dg.materialize(
        [one for one in to_dagster(step, workspace.steps) if isinstance(one, dg.AssetsDefinition)],
        partition_key="tagging_raw",
        resources={"workspace": workspace},
        tags={REFRESH_TAG: "true"},
        instance=instance,
        raise_on_error=False,
    )


@pytest.fixture
def on_two(copied: Callable[..., Tiny]) -> Iterator[tuple[Workspace, dg.DagsterInstance]]:
    """The tiny collection on two devices, and an instance."""
    with dg.instance_for_test() as instance:
        yield copied(devices=2).workspace(), instance


def messages(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> list[str]:
    """What the run's log holds."""
    return [entry.user_message for entry in instance.all_logs(result.run_id)]


def test_lines_and_the_model_come_back(on_two: tuple[Workspace, dg.DagsterInstance]) -> None:
    workspace, instance = on_two
    before = workspace.ledger.get("locsens_model", "tagging_raw")
    result = materialized(workspace, instance)
    assert result.success
    workspace.ledger.refresh()
    record = workspace.ledger.get("locsens_model", "tagging_raw")
    assert before is not None
    assert record is not None
    assert record.started_at > before.started_at
    assert record.facts["validation loss"] == pytest.approx(before.facts["validation loss"], rel=0.05)
    told = messages(result, instance)
    steps = [line for line in told if line.startswith("step ")]
    assert [line.split(":")[0] for line in steps] == [f"step {step}/12" for step in range(1, 13)]
    assert "accuracy_at_10 " in steps[-1]


def test_what_failed_is_in_the_run(on_two: tuple[Workspace, dg.DagsterInstance]) -> None:
    workspace, instance = on_two
    variant = workspace.profile.locsens["tagging_raw"]
    wild = variant.optimisation.model_copy(
        update={"optimiser": "sgd", "learning_rate": 1e12, "explosion_factor": 1.5, "precision": "fp32"}
    )
    changed = {"tagging_raw": variant.model_copy(update={"optimisation": wild})}
    workspace.profile = workspace.profile.model_copy(update={"locsens": {**workspace.profile.locsens, **changed}})
    result = materialized(workspace, instance)
    assert not result.success
    failures = [event for event in result.all_events if event.is_step_failure]
    assert "training diverged at step " in str(failures[0].step_failure_data.error)
