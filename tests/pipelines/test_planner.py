"""The planner: order, last stage, what is redone on purpose, what goes on when something fails."""

import logging
from dataclasses import replace

import pytest
from toy import Toy

from assets.base.execute import execute
from assets.base.step import STAGES, StepRegistry
from pipelines.planner import Refresh, RefreshError, materialize, parse_refresh, survey
from pipelines.runs import RunResult


class Notebook:
    """A runner without Dagster that notes what it was asked for and fails where it is told to."""

    def __init__(self, workspace, *failing: str) -> None:
        self.workspace = workspace
        self.failing = failing
        self.asked: list[tuple[str, bool]] = []

    def run(self, step, partition, *, force):
        title = step.name if partition is None else f"{step.name}:{partition}"
        self.asked.append((title, force))
        if title in self.failing:
            return RunResult(False, "it broke")
        execute(step, self.workspace, partition, logging.getLogger("tests"), force=force).raise_if_failed()
        return RunResult(True)


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def workspace(toy, open_toy):
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")
    toy.register(workspace, "g", "c")
    return workspace


def go(workspace, *failing: str, **wanted):
    runner = Notebook(workspace, *failing)
    told: list[str] = []
    report = materialize(workspace, runner, tell=told.append, **wanted)
    return runner, report, told


def test_every_output_comes_after_what_it_is_made_of(workspace) -> None:
    runner, report, told = go(workspace)
    asked = [title for title, _ in runner.asked]
    assert asked[:2] == ["source_files:f", "source_files:g"]
    assert asked[2:5] == ["tag_counts:f-00000", "tag_counts:f-00001", "tag_counts:g-00000"]
    assert asked.index("vocabulary") < asked.index("unused_photos:f-00000") < asked.index("embedding_model:mcc")
    assert report.made == asked
    assert [line.split() for line in told] == [
        [workspace.steps.maker(title.partition(":")[0]).stage, title] for title in asked
    ]
    assert not any(force for _, force in runner.asked)


@pytest.mark.parametrize("to", STAGES)
def test_no_stage_after_the_last_one_is_touched(workspace, to: str) -> None:
    runner, _, _ = go(workspace, to=to)
    stages = {workspace.steps.maker(title.partition(":")[0]).stage for title, _ in runner.asked}
    allowed = STAGES[: STAGES.index(to) + 1]
    assert stages == {step.stage for step in workspace.steps if step.stage in allowed}


def test_shards_that_a_file_has_just_got_are_filled_in_the_same_run(workspace) -> None:
    assert list(workspace.keys("shard")) == []
    runner, _, _ = go(workspace, to="ingestion")
    assert ("tag_counts:g-00000", False) in runner.asked


def test_what_follows_a_failure_waits_and_the_rest_goes_on(workspace) -> None:
    runner, report, _ = go(workspace, "tag_counts:f-00001")
    assert report.failed == {"tag_counts:f-00001": "it broke"}
    assert {"tag_counts:f-00000", "tag_counts:g-00000"} <= set(report.made)
    assert "vocabulary" not in {title for title, _ in runner.asked}
    waiting = {left.output: left for left in report.left}
    assert waiting["vocabulary"].state == "waiting"
    assert waiting["vocabulary"].why == "waits for tag_counts:f-00001"
    assert waiting["vocabulary"].command == ""
    assert not report.nothing_to_do
    _, again, _ = go(workspace)
    assert again.made[0] == "tag_counts:f-00001"
    assert again.left == []


def test_what_follows_a_file_that_failed_waits_for_it(workspace) -> None:
    """A file without shards yet must not pass for a file with none: models would be trained without its photos."""
    runner, report, _ = go(workspace, "source_files:g")
    assert report.failed == {"source_files:g": "it broke"}
    assert [title for title, _ in runner.asked] == [
        "source_files:f",
        "source_files:g",
        "tag_counts:f-00000",
        "tag_counts:f-00001",
        "tagging_results",  # reads what it can get
    ]
    waiting = {left.output: left.why for left in report.left if left.state == "waiting"}
    assert waiting["vocabulary"] == "waits for source_files:g"
    _, again, _ = go(workspace)
    assert again.made[:2] == ["source_files:g", "tag_counts:g-00000"]
    assert again.left == []


def test_what_is_asked_for_on_purpose_is_forced_and_nothing_else(workspace) -> None:
    go(workspace)
    runner, report, _ = go(workspace, refresh=parse_refresh(["vocabulary", "embedding_model:her"], workspace))
    assert runner.asked == [("vocabulary", True), ("embedding_model:her", True)]
    assert report.made == ["vocabulary", "embedding_model:her"]


def test_a_refresh_beyond_the_last_stage_waits_for_another_day(workspace) -> None:
    go(workspace)
    runner, _, _ = go(workspace, refresh=parse_refresh(["models"], workspace), to="vocabulary")
    assert runner.asked == []


def test_words_become_refreshes(workspace) -> None:
    go(workspace)
    workspace.steps.add(workspace.steps.maker("tagging_results"))
    assert parse_refresh(["vocabulary", "embedding_model:mcc"], workspace) == [
        Refresh("vocabulary"),
        Refresh("embedding_model", "mcc"),
    ]
    assert parse_refresh(["skipped_tags"], workspace) == [Refresh("skipped_tags")]
    assert parse_refresh(["raw_photos"], workspace) == [Refresh("source_files")]
    assert [one.asset for one in parse_refresh(["models"], workspace)] == ["embedding_model", "locsens_model"]


def test_a_shard_made_by_its_file_cannot_be_redone_alone(workspace) -> None:
    go(workspace)
    runner, _, _ = go(workspace, refresh=parse_refresh(["raw_photos:f-00001"], workspace))
    assert runner.asked == [("source_files:f", True)]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        (
            "photographs",
            "--refresh photographs: no such asset; expected vocabulary, models, an asset or asset:partition",
        ),
        ("tag_counts:x", "--refresh tag_counts:x: tag_counts has no partition 'x'; it has f-00000, f-00001, g-00000"),
        ("vocabulary:x", "--refresh vocabulary:x: vocabulary has no partition 'x'; it has none"),
        ("", "--refresh : no such asset"),
    ],
)
def test_words_that_mean_nothing_are_refused(workspace, word: str, sentence: str) -> None:
    go(workspace)
    with pytest.raises(RefreshError) as refusal:
        parse_refresh([word], workspace)
    assert str(refusal.value).startswith(sentence)


def test_a_survey_makes_nothing_and_says_what_would_be_made(toy, workspace) -> None:
    before = survey(workspace)
    assert toy.taken_runs() == []
    assert before.made[:2] == ["source_files:f", "source_files:g"]
    assert before.fresh == 0
    go(workspace)
    toy.taken_runs()
    after = survey(workspace)
    assert toy.taken_runs() == []
    assert (after.made, after.left, after.fresh) == ([], [], 2 + 3 + 1 + 3 + 3 + 1 + 1)


def test_a_survey_sees_what_another_process_has_made(toy, workspace, open_toy) -> None:
    survey(workspace)
    other = open_toy(toy.steps)
    go(other)
    assert survey(workspace).made == []


def test_what_is_made_only_on_request_is_left_out_until_it_is_asked_for(workspace) -> None:
    steps = [replace(step, on_request=True) if step.name == "tagging_results" else step for step in workspace.steps]
    workspace.steps = StepRegistry()
    for step in steps:
        workspace.steps.add(step)
    runner, report, _ = go(workspace)
    assert "tagging_results" not in {title for title, _ in runner.asked}
    assert report.on_request == ["tagging_results"]
    assert survey(workspace).on_request == ["tagging_results"]
    asked = materialize(workspace, Notebook(workspace), request=[Refresh("tagging_results")], tell=lambda _: None)
    assert asked.made == ["tagging_results"]
    assert asked.on_request == []
    assert survey(workspace).on_request == []  # it is there now, and is looked after like any other
