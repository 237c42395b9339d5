"""One planner at a time on a storage."""

import pytest
from toy import Toy

from pipelines.lock import StorageBusyError, only_planner


def test_a_second_planner_is_told_to_wait(open_toy) -> None:
    steps = Toy().steps
    first, second = open_toy(steps), open_toy(steps)
    busy = pytest.raises(StorageBusyError, match="another `locsens materialize`, or the planner's job, is at work")
    with only_planner(first), busy, only_planner(second):
        pass
    with only_planner(second):
        pass
