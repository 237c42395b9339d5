"""What is up to date, what is outdated and what is left alone follows from records alone."""

import logging

import pytest
from plain_runner import PlainRunner
from toy import Toy

from assets.base.execute import execute
from assets.base.freshness import MissingInputsError, judge
from assets.base.keys import METHODS
from assets.steps import all_steps
from assets.study.assets import study_runs
from pipelines.planner import Report, materialize, parse_refresh


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def workspace(toy, open_toy):
    workspace = open_toy(toy.steps)
    toy.register(workspace, "f", "a", "b")
    return workspace


def go(workspace, *refresh: str) -> Report:
    return materialize(
        workspace, PlainRunner(workspace, (OSError,)), refresh=parse_refresh(refresh, workspace), tell=lambda _: None
    )


def states(workspace, name: str) -> set[str]:
    step = next(step for step in workspace.steps if step.name == name)
    return {judge(step, workspace, key).state for key in workspace.keys(step.by)}


def test_everything_is_made_once(toy, workspace) -> None:
    report = go(workspace)
    assert len(report.made) == len(toy.taken_runs()) == 1 + 2 + 1 + 2 + 3 + 1 + 1
    again = go(workspace)
    assert again.nothing_to_do
    assert again.left == []
    assert toy.taken_runs() == []


def test_a_new_file_costs_its_shards_and_pinned_assets_stay(toy, workspace) -> None:
    go(workspace)
    toy.taken_runs()
    toy.register(workspace, "g", "c")
    report = go(workspace)
    assert toy.taken_runs() == ["source_files:g", "tag_counts:g-00000", "unused_photos:g-00000"]
    assert {(left.output, left.state) for left in report.left} == {
        ("vocabulary", "older"),
        ("embedding_model:mcc", "older"),
        ("embedding_model:mlc", "older"),
        ("embedding_model:her", "older"),
    }
    assert report.left[0].command == "locsens materialize --refresh vocabulary"
    assert report.left[0].why == "new: tag_counts:g-00000"


def test_a_vocabulary_with_equal_content_touches_nothing(toy, workspace) -> None:
    go(workspace)
    toy.register(workspace, "g", "c")
    go(workspace)
    toy.taken_runs()
    go(workspace, "vocabulary")
    assert toy.taken_runs() == ["vocabulary"]


def test_another_vocabulary_makes_models_unusable_until_they_are_refreshed(toy, workspace) -> None:
    go(workspace)
    toy.taken_runs()
    toy.vocabulary = ["b", "a"]
    report = go(workspace, "vocabulary")
    assert toy.taken_runs() == ["vocabulary", "unused_photos:f-00000", "unused_photos:f-00001"]
    assert states(workspace, "embedding_model") == {"unusable"}
    waiting = {left.output: left for left in report.left if left.state == "waiting"}
    assert "embedding_model:mcc (--refresh models)" in waiting["tag_embeddings_mcc"].why
    assert "tagging_results" not in waiting  # what can do without goes on
    go(workspace, "models")
    assert toy.taken_runs() == [
        "embedding_model:mcc",
        "embedding_model:mlc",
        "embedding_model:her",
        "tag_embeddings_mcc",
    ]
    assert go(workspace).left == []


def test_one_partition_is_refreshed_alone(toy, workspace) -> None:
    go(workspace)
    toy.taken_runs()
    go(workspace, "embedding_model:her")
    assert toy.taken_runs() == ["embedding_model:her"]


@pytest.mark.parametrize("word", ["vocabularies", "embedding_model:xyz"])
def test_what_cannot_be_refreshed_is_named(workspace, word: str) -> None:
    with pytest.raises(ValueError, match=f"--refresh {word}: "):
        go(workspace, word)


def test_a_changed_file_is_ingested_anew_and_its_surplus_shards_go(toy, workspace) -> None:
    go(workspace)
    toy.taken_runs()
    toy.tags["f"], toy.etags["f"] = ["a"], "2"
    report = go(workspace)
    assert toy.taken_runs() == ["source_files:f"]
    assert workspace.keys("shard") == ["f-00000"]
    assert not [path for path in workspace.storage.list("") if "f-00001" in path]
    assert "gone: unused_photos:f-00001" in {left.why for left in report.left}


def test_a_file_that_cannot_be_read_again_takes_nothing_away(toy, workspace) -> None:
    toy.register(workspace, "g", "c")
    go(workspace)
    toy.taken_runs()
    toy.etags["f"], toy.unreadable = "2", "f"
    report = go(workspace)
    assert report.failed == {"source_files:f": "f broke off"}
    assert toy.taken_runs() == ["source_files:f"]
    waiting = {left.output: left.why for left in report.left if left.state == "waiting"}
    assert waiting["vocabulary"] == "waits for source_files:f"
    assert waiting["embedding_model:mcc"] == "waits for source_files:f"
    with pytest.raises(MissingInputsError, match="vocabulary needs source_files:f"):
        execute(workspace.steps.maker("vocabulary"), workspace, None, logging.getLogger("tests"), force=True)
    toy.unreadable = ""
    assert not go(workspace).failed
    assert toy.taken_runs()[0] == "source_files:f"


def test_a_file_that_was_never_read_stops_only_what_is_new(toy, workspace) -> None:
    go(workspace)
    toy.taken_runs()
    toy.register(workspace, "g", "c")
    toy.unreadable = "g"
    report = go(workspace)
    assert report.failed == {"source_files:g": "g broke off"}
    assert [left for left in report.left if left.state == "waiting"] == []


def test_an_equal_answer_to_another_question_is_another_version(toy, workspace) -> None:
    step = workspace.steps.maker("tag_embeddings_mcc")
    go(workspace)
    before = workspace.ledger.get("tag_embeddings_mcc")
    object.__setattr__(step, "answers", ("embedding_model",))
    go(workspace, "tag_embeddings_mcc")
    asked = workspace.ledger.get("tag_embeddings_mcc")
    assert [file.sha256 for file in asked.files] == [file.sha256 for file in before.files]
    toy.weights = "other weights"
    go(workspace, "embedding_model:mcc")
    again = workspace.ledger.get("tag_embeddings_mcc")
    assert [file.sha256 for file in again.files] == [file.sha256 for file in before.files]
    assert len({before.data_version, asked.data_version, again.data_version}) == 3


def test_not_run_is_passed_on_to_what_cannot_do_without(toy, workspace) -> None:
    toy.not_run = "no vectors"
    assert not go(workspace).failed
    record = workspace.ledger.get("tag_embeddings_mcc")
    assert (record.status, record.reason, record.rows) == (
        "not_run",
        "embedding_model was not run: no vectors",
        0,
    )
    assert workspace.ledger.get("embedding_model", "mcc").files == ()
    assert workspace.ledger.get("tagging_results").status == "done"


def test_another_reason_for_not_running_travels_on(toy, workspace) -> None:
    toy.not_run = "no vectors"
    go(workspace)
    toy.not_run = "no images"
    report = go(workspace, "embedding_model:mcc")
    assert report.made == ["embedding_model:mcc", "tag_embeddings_mcc", "tagging_results"]
    assert workspace.ledger.get("tag_embeddings_mcc").reason == "embedding_model was not run: no images"


def test_what_was_not_run_is_run_when_its_inputs_change_though_it_is_pinned(toy, workspace) -> None:
    toy.not_run = "no images"
    go(workspace)
    toy.not_run = ""
    assert go(workspace).nothing_to_do
    toy.register(workspace, "g", "c")
    go(workspace)
    assert workspace.ledger.get("embedding_model", "mcc").status == "done"
    assert workspace.ledger.get("tag_embeddings_mcc").status == "done"


def test_what_was_not_run_is_no_reason_to_wait_when_the_vocabulary_changes(toy, workspace) -> None:
    toy.not_run = "no vectors"
    go(workspace)
    toy.taken_runs()
    toy.vocabulary = ["b", "a"]
    report = go(workspace, "vocabulary")
    assert "embedding_model:mcc" in report.made
    assert {left.output for left in report.left} == {"embedding_model:mlc", "embedding_model:her"}


def test_a_failing_blocking_check_publishes_nothing_and_stops_what_follows(toy, workspace) -> None:
    toy.check_passes = False
    report = go(workspace)
    assert report.failed == {"vocabulary": "looks_right: 2 tags"}
    assert workspace.ledger.get("vocabulary") is None
    assert workspace.ledger.get("skipped_tags") is None
    assert "unused_photos:f-00000" in {left.output for left in report.left if left.state == "waiting"}
    toy.check_passes = True
    assert not go(workspace).failed
    assert workspace.ledger.get("vocabulary").checks[0].sentence == "2 tags"


def test_a_step_without_its_inputs_says_what_it_needs(toy, workspace, log) -> None:
    step = next(step for step in toy.steps if step.name == "vocabulary")
    go(workspace)
    workspace.ledger.remove("tag_counts", "f-00001")
    with pytest.raises(MissingInputsError, match="vocabulary needs tag_counts:f-00001, not materialised yet"):
        execute(step, workspace, None, log, force=True)


def test_a_changed_profile_section_makes_only_what_uses_it_older(toy, workspace) -> None:
    go(workspace)
    profile = workspace.profile
    mcc = profile.embeddings.mcc.model_copy(update={"mirror": 0.1})
    workspace.profile = profile.model_copy(update={"embeddings": profile.embeddings.model_copy(update={"mcc": mcc})})
    left = go(workspace).left
    assert [(one.output, one.why) for one in left] == [("embedding_model:mcc", "its section of the profile changed")]


def test_what_rests_on_a_pinned_model_is_known_from_the_graph() -> None:
    steps = all_steps()
    assert {asset for asset in steps.assets() if steps.rests_on_pinned(asset)} == {
        "embedding_model",
        *(f"image_embeddings_{method}" for method in METHODS),
        *(f"tag_embeddings_{method}" for method in METHODS),
        "locsens_model",
        "retrieval_rankings",
        "tagging_rankings",
        "tagging_rankings_no_places",
        *study_runs.outputs,
    }
