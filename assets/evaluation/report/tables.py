"""The report's four tables, in the paper's order: which rows and columns, and what is said of them.

Takes the rows of `retrieval_results` and `tagging_results` as they are, and the study's where one was run.
"""

import polars as pl

from assets.evaluation.report import paper
from assets.evaluation.report.comparison import retrieval_table, tagging_table
from assets.evaluation.report.study import StudyData
from assets.evaluation.report.table import ComparisonTable

AGNOSTIC_TAGGERS = ("frequency", "mlc", "mcc", "mcc_cosine", "her")


def four_tables(
    retrieval: pl.DataFrame, tagging: pl.DataFrame, study: StudyData | None = None
) -> tuple[ComparisonTable, ...]:
    """The four tables in the paper's order.

    Args:
        retrieval: Rows of `retrieval_results`.
        tagging: Rows of `tagging_results`.
        study: The study: its figures replace the run's for the models that it trained.
    """
    return (
        _agnostic_retrieval(retrieval, study),
        _agnostic_tagging(tagging, study),
        _sensitive_retrieval(retrieval, study),
        _sensitive_tagging(tagging, study),
    )


def _agnostic_retrieval(retrieval: pl.DataFrame, study: StudyData | None) -> ComparisonTable:
    """P@10, every hashtag counts once (paper, agnostic table)."""
    models = set(retrieval["model"])
    return retrieval_table(
        "agnostic-retrieval",
        "Location-agnostic retrieval",
        "Precision at 10 in percent, averaged over hashtags on enough test images (the paper: 10): "
        "every hashtag counts once.",
        retrieval,
        study,
        average="tag",
        published={(model, "agnostic"): value for model, value in paper.AGNOSTIC_RETRIEVAL.items()},
        among=models,
    )


def _sensitive_retrieval(retrieval: pl.DataFrame, study: StudyData | None) -> ComparisonTable:
    """P@10 per granularity, every query counts once (paper, its table)."""
    published = {
        (model, granularity): value
        for model, values in paper.SENSITIVE_RETRIEVAL.items()
        for granularity, value in zip(paper.GRANULARITIES, values, strict=True)
    }
    return retrieval_table(
        "sensitive-retrieval",
        "Location-sensitive retrieval",
        "Precision at 10 in percent, averaged over queries, one per test photo: frequent hashtags count "
        "more. An image is right if it carries the hashtag and is within the distance of the query’s place.",
        retrieval,
        study,
        published=published,
        among=set(retrieval["model"]),
    )


def _agnostic_tagging(tagging: pl.DataFrame, study: StudyData | None) -> ComparisonTable:
    """Tagging by models that see the image alone (paper, agnostic table)."""
    return tagging_table(
        "agnostic-tagging",
        "Location-agnostic tagging",
        "The image alone. A@k: photos with a right hashtag among the first k, in percent. Predicted, "
        "correctly predicted: distinct hashtags among all top tens, over the distinct hashtags of the test "
        "photos, in percent: a model that always says the most frequent hashtags, as frequency does and nearly MLC, "
        "earns A@10 by them and shows it here.",
        tagging,
        study,
        among=AGNOSTIC_TAGGERS,
        published_for=AGNOSTIC_TAGGERS,
    )


def _sensitive_tagging(tagging: pl.DataFrame, study: StudyData | None) -> ComparisonTable:
    """Tagging with the photo's location, against MCC and the baselines (paper, tagging table)."""
    return tagging_table(
        "sensitive-tagging",
        "Location-sensitive tagging",
        "LocSens sees the image and where it was taken (zeroed: the image alone); global frequency and MCC "
        "for comparison, and what is most frequent among training photos nearby, whatever the image shows "
        "(ours only). Columns as above.",
        tagging,
        study,
        among=set(tagging["model"]) - (set(AGNOSTIC_TAGGERS) - {"frequency", "mcc"}),
        published_for=("frequency", "mcc", "locsens_zeroed", "locsens_raw"),
    )
