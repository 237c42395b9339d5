"""Step `evaluation_report`: the page, and what the UI shows of it."""

from assets.base.paths import REPORT_FILE
from assets.base.run import Run
from assets.base.step import Reads, step
from assets.evaluation.report.checks import has_four_tables, rows_are_accounted_for, self_contained
from assets.evaluation.report.study import STUDY_TABLES

_OPTIONAL = (
    "raw_photos",
    "rejected_rows",
    "geotagged_photos",
    "dropped_photos",
    "skipped_tags",
    "unused_photos",
    "images",
    "image_status",
    "image_survivorship",
    "embedding_model",
    "image_embeddings_mcc",
    "image_embeddings_mlc",
    "image_embeddings_her",
    "tag_embeddings_mcc",
    "tag_embeddings_mlc",
    "tag_embeddings_her",
    "locsens_model",
    "retrieval_rankings",
    "tagging_rankings",
    "retrieval_results",
    "tagging_results",
)


@step(
    stage="evaluation",
    outputs=("evaluation_report",),
    reads=(
        Reads("source_files"),
        Reads("vocabulary"),
        Reads("photos"),
        *(Reads(asset, optional=True) for asset in _OPTIONAL),
        *(Reads(asset, optional=True) for asset in STUDY_TABLES),
    ),
    profile=("report", "evaluation", "seed"),
    code_version="7",
    kinds={"jinja", "matplotlib"},
    checks=(self_contained, has_four_tables, rows_are_accounted_for),
)
def evaluation_report(run: Run) -> None:
    """The report: one self-contained page with tables, figures and galleries."""
    from assets.evaluation.report.gather import gather
    from assets.evaluation.report.html import render
    from assets.evaluation.report.notes import notes_of

    data = gather(run)
    page = render(data, run.profile.report.near_km).encode()
    with run.create("evaluation_report", REPORT_FILE) as sink:
        sink.write(page)
    where = {"path": run.storage.url("reports/index.html"), "bytes": len(page)}
    run.note("evaluation_report", where | notes_of(data))
