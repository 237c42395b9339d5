"""Asked to stop in the middle of a step, the planner stops; it does not go on with the next step."""

import os
import signal
import time

import dagster as dg
import pytest
from toy import Toy

from pipelines.dagster_assets import to_dagster
from pipelines.planner import materialize
from pipelines.runs import InstanceRunner


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_planner_stops_when_it_is_asked_to(open_toy, sent: signal.Signals) -> None:
    toy = Toy()
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")

    def stopped_here(run) -> None:
        os.kill(os.getpid(), sent)
        time.sleep(5)

    toy._count = stopped_here  # the second step, by shard
    toy.steps = type(toy.steps)()
    toy.__post_init__()
    workspace.steps = toy.steps
    definitions = dg.Definitions(
        assets=[one for step in toy.steps.in_order() for one in to_dagster(step, toy.steps)],
        resources={"workspace": workspace},
    )
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions("source_file", ["f"])
        with pytest.raises(KeyboardInterrupt):
            materialize(workspace, InstanceRunner(definitions, instance), tell=lambda _: None)
    assert toy.runs == ["source_files:f", "tag_counts:f-00000"]
