"""One planner at a time on a storage."""

import pytest

from pipelines.lock import StorageBusyError, only_planner


def test_a_second_planner_is_told_to_wait(open_toy) -> None:
    from toy import Toy

    toy = Toy()
    first, second = open_toy(toy.steps), open_toy(toy.steps)
    with only_planner(first):
        with pytest.raises(StorageBusyError, match="another `locsens materialize`, or the planner's job, is at work"):
            with only_planner(second):
                pass
    with only_planner(second):
        pass
