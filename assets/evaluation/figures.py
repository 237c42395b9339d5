"""Figures of the results, and the tables that a person reads first. The report draws its own."""

from collections.abc import Sequence

import polars as pl
from matplotlib.figure import Figure

from assets.base.keys import ORACLES
from assets.base.show import Markdown, Picture, markdown_table, picture

_MARKERS = "os^Dv<>PX*p"
RETRIEVAL_HEADER = ("model", "average", "queries")
TAGGING_COLUMNS = (
    ("model", "model"),
    ("accuracy_at_1", "A@1"),
    ("accuracy_at_10", "A@10"),
    ("predicted_tags_pct", "% predicted"),
    ("correctly_predicted_tags_pct", "% correctly predicted"),
    ("photos", "photos"),
    ("note", "note"),
)


def retrieval_summary(results: pl.DataFrame) -> tuple[list[str], list[list[object]]]:
    """P@10 of all queries: one row per model and average, one column per granularity.

    Args:
        results: Rows of `retrieval_results`.

    Returns:
        Header and rows.
    """
    everything = results.filter(pl.col("slice") == "all")
    granularities = everything.get_column("granularity").unique(maintain_order=True).to_list()
    rows: list[list[object]] = []
    for (average, model), group in everything.sort("average", maintain_order=True).group_by(
        "average", "model", maintain_order=True
    ):
        figures = dict(zip(group.get_column("granularity"), group.get_column("precision_at_10"), strict=True))
        note = group.get_column("note")[0]
        queries = group.get_column("queries")[0]
        rows.append([model, average, queries, *(figures.get(name) for name in granularities), note])
    return [*RETRIEVAL_HEADER, *granularities, "note"], rows


def tagging_summary(results: pl.DataFrame) -> tuple[list[str], list[Sequence[object]]]:
    """Accuracy and diversity of all photos, one row per model.

    Args:
        results: Rows of `tagging_results`.

    Returns:
        Header and rows.
    """
    everything = results.filter(pl.col("slice") == "all").select(name for name, _ in TAGGING_COLUMNS)
    return [title for _, title in TAGGING_COLUMNS], [*everything.rows()]


def retrieval_figure(results: pl.DataFrame) -> Figure:
    """P@10 of every model over the granularities (all queries, `average = query`).

    The scale is the models': what the oracle reaches, far above, stands below each granularity.
    """
    rows = results.filter(
        (pl.col("slice") == "all") & (pl.col("average") == "query") & pl.col("precision_at_10").is_not_null()
    )
    is_oracle = pl.col("model").is_in(ORACLES)
    models, bounds = rows.filter(~is_oracle), rows.filter(is_oracle)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    for number, ((model,), group) in enumerate(models.group_by("model", maintain_order=True)):
        axes.plot(
            group.get_column("granularity").to_list(),
            group.get_column("precision_at_10").to_list(),
            marker=_MARKERS[number % len(_MARKERS)],
            markersize=5,
            color=f"C{number % 10}",
            linestyle="-" if number < 10 else "--",
            label=str(model),
        )
    reached = dict(bounds.select("granularity", "precision_at_10").iter_rows())
    names = models.get_column("granularity").unique(maintain_order=True).to_list()
    if reached:
        axes.set_xticks(range(len(names)), [f"{name}\n(at most {reached[name]:.1f})" for name in names])
    axes.set_ylabel("precision at 10, %")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, linewidth=0.3)
    if not models.is_empty():
        figure.legend(loc="outside right upper", fontsize=8)
    return figure


def tagging_figure(results: pl.DataFrame) -> Figure:
    """Accuracy at 1 and at 10 of every tagging model (all photos)."""
    rows = results.filter((pl.col("slice") == "all") & pl.col("accuracy_at_1").is_not_null())
    models = rows.get_column("model").to_list()
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    for offset, (column, title) in zip((-0.2, 0.2), TAGGING_COLUMNS[1:3], strict=True):
        places = [number + offset for number in range(len(models))]
        axes.bar(places, rows.get_column(column).to_list(), width=0.4, label=title)
    axes.set_xticks(range(len(models)), models, rotation=20, ha="right")
    axes.set_ylabel("photos, %")
    axes.grid(visible=True, axis="y", linewidth=0.3)
    if models:
        axes.legend()
    return figure


def retrieval_notes(results: pl.DataFrame) -> dict[str, Markdown | Picture]:
    """What the UI shows of `retrieval_results`, of the collection or of a study's seed."""
    return {
        "results": markdown_table(*retrieval_summary(results)),
        "figure": picture(retrieval_figure(results), "Precision at 10 of every model over granularities"),
    }


def tagging_notes(results: pl.DataFrame) -> dict[str, Markdown | Picture]:
    """What the UI shows of `tagging_results`, of the collection or of a study's seed."""
    return {
        "results": markdown_table(*tagging_summary(results)),
        "figure": picture(tagging_figure(results), "Accuracy at 1 and 10 of every tagging model"),
    }
