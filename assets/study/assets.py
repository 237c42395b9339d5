"""Steps of the study: what each seed gives, and the paper's claims tested on it."""

import polars as pl

from assets.base.keys import METHODS
from assets.base.provenance import Input
from assets.base.run import Run
from assets.base.show import markdown_table, picture
from assets.base.step import NotRun, Reads, step
from assets.base.workspace import Workspace
from assets.embeddings.given_weights import backbone_weights, initial_weights, weights_input
from assets.evaluation.figures import retrieval_notes, tagging_notes
from assets.study.age import why_not_together
from assets.study.checks import every_locsens_training_learnt, every_model_was_judged, locsens_budgets_are_equal

_OUTPUTS = ("study_runs", "study_retrieval_results", "study_tagging_results", "study_scores", "study_taggings")


def _starts_from(workspace: Workspace, partition: str | None) -> list[Input]:
    profile = workspace.profile
    paths = [path for method in METHODS for path in backbone_weights(profile, method)]
    paths += [path for variant in profile.locsens for path in initial_weights(profile, variant)]
    return weights_input(workspace, "study_runs", partition, paths)


@step(
    stage="study",
    outputs=_OUTPUTS,
    by="seed",
    reads=(
        Reads("photos"),
        Reads("images"),
        Reads("image_status"),
        Reads("vocabulary", breaking=True),
        Reads("word_vectors", optional=True),
    ),
    code_version="3",
    profile=("embeddings", "locsens", "study", "evaluation", "splits", "report.local_km", "report.local_lift"),
    kinds={"pytorch", "pytorchlightning", "parquet"},
    checks=(locsens_budgets_are_equal, every_locsens_training_learnt, every_model_was_judged),
    outside=_starts_from,
    pinned=True,
    on_request=True,
    pool="gpu",
)
def study_runs(run: Run) -> None:
    """All trainings of the paper's tables and of the ablations with one seed, each judged by the same queries."""
    from assets.embeddings.learn import NoTrainingPhotoError
    from assets.locsens.photo_sets import NothingToLearnFromError
    from assets.study.seed import NothingToAskError, run_seed
    from models.triplets import NoAnchorError

    assert run.partition is not None
    try:
        tables = run_seed(run, int(run.partition))
    except (NoTrainingPhotoError, NothingToLearnFromError, NoAnchorError, NothingToAskError) as error:
        raise NotRun(str(error)) from error
    for asset, table in tables.items():
        run.write(asset, table)
    runs = pl.DataFrame(pl.from_arrow(tables["study_runs"]))
    shown = ("training", "split", "steps", "learning_rate_area", "loss", "validation_loss")
    run.note(
        "study_runs",
        {
            "trainings": runs.height,
            "seconds of training": run.facts["seconds of training"],
            "table": markdown_table(shown, runs.select(shown).rows()),
        },
    )
    retrieval, tagging = (
        pl.DataFrame(pl.from_arrow(tables[asset])) for asset in ("study_retrieval_results", "study_tagging_results")
    )
    run.note("study_retrieval_results", retrieval_notes(retrieval))
    run.note("study_tagging_results", tagging_notes(tagging))


@step(
    stage="study",
    outputs=("claims", "claim_parts"),
    reads=(
        Reads("study_scores", optional=True),
        Reads("study_taggings", optional=True),
        Reads("photos"),
    ),
    profile=("name",),
    code_version="3",
    kinds={"polars", "parquet"},
)
def claims(run: Run) -> None:
    """The eight claims of the paper, each compared query by query over all seeds that were run."""
    from assets.study.claims import Evidence, judge_claims
    from assets.study.figures import claims_figure
    from assets.study.likely import is_of_sample, with_likely_why

    records = {str(record.partition): record for record in run.records("study_scores") if record.status == "done"}
    if not records:
        raise NotRun("no seed of the study was run: `make study`, or `locsens study`, runs them")
    if reason := why_not_together(records, run.inputs):
        raise NotRun(reason)
    scores = {int(seed): run.frame("study_scores", partition=seed) for seed in records}
    asked = pl.concat(one.select("photo_id") for one in scores.values()).unique()
    columns = ("photo_id", "user_id", "tag_ids")
    evidence = Evidence.of(
        scores,
        {int(seed): run.frame("study_taggings", partition=seed) for seed in records},
        pl.concat(part.join(asked, on="photo_id", how="semi") for _, part in run.frames("photos", columns)),
    )
    judged, parts = judge_claims(evidence)
    judged = with_likely_why(judged, of_sample=is_of_sample(run, records))
    run.write("claims", judged)
    run.write("claim_parts", parts)
    shown = ("claim", "statement", "effect", "p_value", "seeds", "verdict", "reason")
    run.note(
        "claims",
        {
            "seeds": len(records),
            "claims": markdown_table(shown, judged.select(shown).rows()),
            "figure": picture(claims_figure(parts), "Effect of every comparison with its 95 % interval"),
        },
    )
