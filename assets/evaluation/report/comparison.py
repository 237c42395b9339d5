"""A table of models: our figures with their spread, the paper's beside them, the best marked, each row with its query.

Which tables there are is in `tables` and `further`; how one looks is in `templates/`.
"""

from collections.abc import Collection, Mapping

import polars as pl

from assets.base.keys import ORACLES
from assets.base.rounding import rounded
from assets.evaluation.report import paper
from assets.evaluation.report.measured import (
    NO_BEST,
    RUN_VIEWS,
    STUDY_VIEWS,
    TAGGING_COLUMNS,
    Figures,
    Measured,
    retrieval_figures,
    tagging_figures,
)
from assets.evaluation.report.sql import Query, at, figures, one_row
from assets.evaluation.report.study import StudyData
from assets.evaluation.report.table import Cell, Column, ComparisonTable, Count, Row
from assets.evaluation.slices import EVERYTHING

Published = Mapping[tuple[str, str], float]
"""Model and column → the paper's figure."""


def retrieval_table(
    key: str,
    title: str,
    caption: str,
    retrieval: pl.DataFrame,
    study: StudyData | None,
    *,
    average: str = "query",
    part: str = EVERYTHING,
    published: Published | None = None,
    among: Collection[str],
) -> ComparisonTable:
    """A table of P@10: one column a granularity, but for averages over hashtags, which know only one.

    Args:
        key: Unique on the page.
        title: What the table is.
        caption: What is counted.
        retrieval: Rows of `retrieval_results`.
        study: The study, if one was run.
        average: `query` or `tag`.
        part: The slice.
        published: The paper's figures.
        among: Models that may have a row, beside the paper's.
    """
    measured = retrieval_figures(retrieval, study.retrieval if study else None, average, part)
    measured = {one: value for one, value in measured.items() if one[0] in among}
    rows = retrieval.filter(pl.col("slice") == part)
    counted = {
        view: one.filter(pl.col("slice") == part, pl.col("average") == average)
        for view, one in _by_view("retrieval", retrieval, study.retrieval if study else None).items()
    }
    if average == "tag":
        columns: tuple[Column, ...] = (Column("agnostic", "P@10"),)
    else:
        distances = dict(paper.GRANULARITIES)
        for one in counted.values():
            distances.update(one.select("granularity", "distance_km").unique().sort("granularity").iter_rows())
        columns = tuple(
            Column(name, name.capitalize(), "" if km is None else f"{km:g} km") for name, km in distances.items()
        )
    expressions = {column.key: at(column.key) for column in columns}
    # A model that was not run has one row, of average `query`: a table of the other says why, too.
    results = rows if average == "tag" else rows.filter(pl.col("average") == average)
    return _table(
        key, title, caption, columns, measured, published or {}, results, counted, expressions, average, part, "queries"
    )


def tagging_table(
    key: str,
    title: str,
    caption: str,
    tagging: pl.DataFrame,
    study: StudyData | None,
    *,
    part: str = EVERYTHING,
    among: Collection[str],
    published_for: Collection[str] = (),
) -> ComparisonTable:
    """A table of accuracy and diversity; arguments as of `retrieval_table`, `published_for` by model."""
    measured = tagging_figures(tagging, study.tagging if study else None, part)
    measured = {one: value for one, value in measured.items() if one[0] in among}
    rows = tagging.filter(pl.col("slice") == part, pl.col("model").is_in(list(among)))
    counted = {
        view: one.filter(pl.col("slice") == part)
        for view, one in _by_view("tagging", tagging, study.tagging if study else None).items()
    }
    published = {
        (model, column): value
        for model in published_for
        if model in paper.TAGGING
        for column, value in zip(TAGGING_COLUMNS, paper.TAGGING[model], strict=True)
    }
    columns = tuple(Column(column, heading) for column, heading in TAGGING_COLUMNS.items())
    expressions = {column: column for column in TAGGING_COLUMNS}
    return _table(key, title, caption, columns, measured, published, rows, counted, expressions, None, part, "photos")


def _by_view(kind: str, results: pl.DataFrame, study: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """The catalog's view → its rows, the study's first."""
    return {**({} if study is None else {STUDY_VIEWS[kind]: study}), RUN_VIEWS[kind]: results}


def _table(
    key: str,
    title: str,
    caption: str,
    columns: tuple[Column, ...],
    ours: Figures,
    published: Published,
    results: pl.DataFrame,
    counted: Mapping[str, pl.DataFrame],
    expressions: Mapping[str, str],
    average: str | None,
    part: str,
    counter: str,
) -> ComparisonTable:
    where = {"slice": part} if average is None else {"average": average, "slice": part}
    notes = {model: note for model, note in results.select("model", "note").sort("model", "note").iter_rows() if note}
    models = in_order({model for model, _ in ours} | {model for model, _ in published})
    best = {column.key: _best({one: value.mean for one, value in ours.items()}, column.key) for column in columns}
    paper_best = {column.key: _best(published, column.key) for column in columns}
    rows = []
    for model in models:
        own = [ours.get((model, column.key)) for column in columns]
        cells = tuple(
            _cell(model, column.key, measured, published.get((model, column.key)), best, paper_best)
            for column, measured in zip(columns, own, strict=True)
        )
        seen = [measured for measured in own if measured is not None and measured.by_seed]
        note = notes.get(model, "") if not seen or not seen[0].is_of_study else ""
        spread = any(cell.spread is not None for cell in cells)
        rows.append(
            Row(
                model,
                label(model),
                cells,
                note or ("" if seen else "no results"),
                model in ORACLES,
                max((len(one.by_seed) for one in seen), default=0),
                bool(seen) and seen[0].is_of_study,
                Query(
                    f"{key}-{model}",
                    f"{title}: {label(model)}",
                    one_row(figures(expressions, spread=spread), seen[0].view, {"model": model, **where}),
                )
                if seen
                else None,
            )
        )
    counts = "hashtags" if average == "tag" else counter
    # Study and collection ask different numbers of queries: a count is that of the view that figures come from.
    shown = {measured.view for measured in ours.values() if measured.by_seed}
    counting = tuple(
        Count(
            int(counted[view][counter].max() or 0),  # type: ignore[arg-type]  # an integer column
            Query(
                f"{key}-counted{'-study' if view in STUDY_VIEWS.values() else ''}",
                f"{title}: {counts}",
                one_row({counter: f"max({counter})"}, view, where),
            ),
            view in STUDY_VIEWS.values(),
        )
        for view in counted
        if view in shown
    )
    return ComparisonTable(key, title, caption, columns, tuple(rows), counting, counts)


def _cell(
    model: str,
    column: str,
    measured: Measured | None,
    theirs: float | None,
    best: Mapping[str, float | None],
    paper_best: Mapping[str, float | None],
) -> Cell:
    own = measured.mean if measured else None
    competes = model not in ORACLES
    return Cell(
        column,
        own,
        theirs,
        competes and own is not None and rounded(own) == best[column],
        competes and theirs is not None and rounded(theirs) == paper_best[column],
        measured.spread if measured else None,
    )


def in_order(models: Collection[str]) -> list[str]:
    """Models in the order of the paper's tables, then the study's, then any other."""
    known = [*paper.MODEL_LABELS, *paper.STUDY_LABELS]
    return [model for model in known if model in models] + sorted(set(models) - set(known))


def label(model: str) -> str:
    """Name of a model; a key without one stands for itself."""
    return paper.MODEL_LABELS.get(model) or paper.STUDY_LABELS.get(model, model)


def _best(found: Mapping[tuple[str, str], float | None], column: str) -> float | None:
    """Largest figure of a column as it is printed: equal as printed is equally best; None where more is not better."""
    if column in NO_BEST:
        return None
    values = [
        rounded(value)
        for (model, key), value in found.items()
        if key == column and value is not None and model not in ORACLES
    ]
    return max(values, default=None)
