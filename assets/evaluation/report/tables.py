"""The report's four tables: our results with the paper's numbers beside them, best in each column marked.

Takes the rows of `retrieval_results` and `tagging_results` as they are; how a table looks is in `templates/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from assets.evaluation.report import paper

ALL = "all"
ORACLES = ("upper_bound",)
"""Rows that no model could beat: never the best of a column."""

AGNOSTIC_TAGGERS = ("frequency", "mlc", "mcc", "mcc_cosine", "her")
TAGGING_COLUMNS = {
    "accuracy_at_1": "A@1",
    "accuracy_at_10": "A@10",
    "predicted_tags_pct": "% predicted",
    "correctly_predicted_tags_pct": "% correctly predicted",
}


@dataclass(frozen=True)
class Column:
    """One column: key in the results, heading, and a line below it (a distance, say)."""

    key: str
    heading: str
    below: str = ""


@dataclass(frozen=True)
class Cell:
    """Our figure and the paper's, in percent; None where there is none."""

    column: str
    ours: float | None
    paper: float | None
    is_best: bool = False
    is_paper_best: bool = False


@dataclass(frozen=True)
class Row:
    """One model; `note` says why its figures are missing."""

    model: str
    label: str
    cells: tuple[Cell, ...]
    note: str = ""
    is_oracle: bool = False


@dataclass(frozen=True)
class ComparisonTable:
    """One of the four tables; `counted` is how many `counts` (hashtags, queries, photos) it averages over."""

    key: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    counted: int
    counts: str


Figures = Mapping[tuple[str, str], float | None]


def four_tables(retrieval: pl.DataFrame, tagging: pl.DataFrame) -> tuple[ComparisonTable, ...]:
    """The four tables in the paper's order.

    Args:
        retrieval: Rows of `retrieval_results`.
        tagging: Rows of `tagging_results`.
    """
    return (
        agnostic_retrieval(retrieval),
        agnostic_tagging(tagging),
        sensitive_retrieval(retrieval),
        sensitive_tagging(tagging),
    )


def agnostic_retrieval(retrieval: pl.DataFrame) -> ComparisonTable:
    """Location-agnostic retrieval: P@10, every hashtag counts once (paper, agnostic table)."""
    rows = retrieval.filter(pl.col("average") == "tag", pl.col("slice") == ALL, pl.col("granularity") == "agnostic")
    return _table(
        "agnostic-retrieval",
        "Location-agnostic retrieval",
        "Precision at 10 in percent, averaged over hashtags on enough test images (the paper: 10): "
        "every hashtag counts once.",
        (Column("agnostic", "P@10"),),
        _retrieval_figures(rows),
        {(model, "agnostic"): value for model, value in paper.AGNOSTIC_RETRIEVAL.items()},
        retrieval.filter(pl.col("slice") == ALL),  # a model that was not run has one row, of the other average
        _most(rows, "queries"),
        "hashtags",
    )


def sensitive_retrieval(retrieval: pl.DataFrame) -> ComparisonTable:
    """Location-sensitive retrieval: P@10 per granularity, every query counts once (paper, its table)."""
    rows = retrieval.filter(pl.col("average") == "query", pl.col("slice") == ALL)
    distances = dict(paper.GRANULARITIES)
    distances.update(rows.select("granularity", "distance_km").unique().sort("granularity").iter_rows())
    published = {
        (model, granularity): value
        for model, values in paper.SENSITIVE_RETRIEVAL.items()
        for granularity, value in zip(paper.GRANULARITIES, values, strict=True)
    }
    return _table(
        "sensitive-retrieval",
        "Location-sensitive retrieval",
        "Precision at 10 in percent, averaged over queries, one per test photo: frequent hashtags count "
        "more. An image is right if it carries the hashtag and is within the distance of the query’s place.",
        tuple(Column(name, name.capitalize(), "" if km is None else f"{km:g} km") for name, km in distances.items()),
        _retrieval_figures(rows),
        published,
        rows,
        _most(rows, "queries"),
        "queries",
    )


def agnostic_tagging(tagging: pl.DataFrame) -> ComparisonTable:
    """Tagging by models that see the image alone (paper, agnostic table)."""
    rows = tagging.filter(pl.col("slice") == ALL, pl.col("model").is_in(AGNOSTIC_TAGGERS))
    return _tagging_table(
        "agnostic-tagging",
        "Location-agnostic tagging",
        "The image alone. A@k: photos with a right hashtag among the first k, in percent. Predicted, "
        "correctly predicted: distinct hashtags among all top tens, over the distinct hashtags of the test "
        "photos, in percent.",
        rows,
        AGNOSTIC_TAGGERS,
    )


def sensitive_tagging(tagging: pl.DataFrame) -> ComparisonTable:
    """Tagging with the photo's location, against MCC and the frequency baseline (paper, tagging table)."""
    rows = tagging.filter(
        pl.col("slice") == ALL,
        ~pl.col("model").is_in([one for one in AGNOSTIC_TAGGERS if one not in {"frequency", "mcc"}]),
    )
    return _tagging_table(
        "sensitive-tagging",
        "Location-sensitive tagging",
        "LocSens sees the image and where it was taken (zeroed: the image alone); global frequency and MCC "
        "for comparison, and what is most frequent among training photos nearby, whatever the image shows "
        "(ours only). Columns as above.",
        rows,
        ("frequency", "mcc", "locsens_zeroed", "locsens_raw"),
    )


def _tagging_table(
    key: str, title: str, caption: str, rows: pl.DataFrame, published_for: Sequence[str]
) -> ComparisonTable:
    means = rows.group_by("model").agg(pl.col(column).mean() for column in TAGGING_COLUMNS)
    figures = {(row["model"], column): row[column] for row in means.iter_rows(named=True) for column in TAGGING_COLUMNS}
    published = {
        (model, column): value
        for model in published_for
        if model in paper.TAGGING
        for column, value in zip(TAGGING_COLUMNS, paper.TAGGING[model], strict=True)
    }
    columns = tuple(Column(column, heading) for column, heading in TAGGING_COLUMNS.items())
    return _table(key, title, caption, columns, figures, published, rows, _most(rows, "photos"), "photos")


def _retrieval_figures(rows: pl.DataFrame) -> dict[tuple[str, str], float | None]:
    means = rows.group_by("model", "granularity").agg(pl.col("precision_at_10").mean())
    return {(model, granularity): value for model, granularity, value in means.iter_rows()}


def _most(rows: pl.DataFrame, column: str) -> int:
    return int(rows[column].max() or 0)  # type: ignore[arg-type]  # an integer column


def _table(
    key: str,
    title: str,
    caption: str,
    columns: tuple[Column, ...],
    ours: Figures,
    published: Figures,
    results: pl.DataFrame,
    counted: int,
    counts: str,
) -> ComparisonTable:
    notes = {model: note for model, note in results.select("model", "note").sort("model", "note").iter_rows() if note}
    seen = {model for model, _ in ours} | {model for model, _ in published}
    models = [model for model in paper.MODEL_LABELS if model in seen] + sorted(seen - set(paper.MODEL_LABELS))
    best = {column.key: _best(ours, column.key) for column in columns}
    paper_best = {column.key: _best(published, column.key) for column in columns}
    rows = []
    for model in models:
        cells = []
        for column in columns:
            own, theirs = ours.get((model, column.key)), published.get((model, column.key))
            ranked = model not in ORACLES
            cells.append(
                Cell(
                    column.key,
                    own,
                    theirs,
                    ranked and own is not None and _shown(own) == best[column.key],
                    ranked and theirs is not None and _shown(theirs) == paper_best[column.key],
                )
            )
        note = notes.get(model, "")
        if not note and all(cell.ours is None for cell in cells):
            note = "no results"
        rows.append(Row(model, label(model), tuple(cells), note, model in ORACLES))
    return ComparisonTable(key, title, caption, columns, tuple(rows), counted, counts)


def label(model: str) -> str:
    """Name of a model; a key that the paper does not have stands for itself."""
    return paper.MODEL_LABELS.get(model, model)


def _shown(value: float) -> float:
    return round(value, 2)


def _best(figures: Figures, column: str) -> float | None:
    """Largest figure of a column as it is printed: equal as printed is equally best."""
    values = [
        _shown(value)
        for (model, key), value in figures.items()
        if key == column and value is not None and model not in ORACLES
    ]
    return max(values, default=None)
