"""Turns `ReportData` into one self-contained page: `render`. Same data, same bytes.

What the page says is in `templates/` and `style.css`; figures come from `figures` and `diagram`. Text of the
collection (hashtags, places, names) is hostile and escaped by jinja2; our SVG and CSS go in as is.
"""

import base64
from importlib import resources
from typing import Any

import polars as pl
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assets.evaluation.report import figures, map_figures, paper
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.diagram import architecture
from assets.evaluation.report.sql import QUESTIONS
from assets.evaluation.report.survival import survival
from assets.evaluation.report.tables import ComparisonTable, four_tables, label
from assets.evaluation.report.theme import to_svg

_PACKAGE = "assets.evaluation.report"


def environment(*packages: str) -> Environment:
    """Jinja2 with escaping on and undefined names refused.

    Args:
        *packages: Packages whose `templates/` are looked at before the report's.
    """
    loader = ChoiceLoader([PackageLoader(package) for package in (*packages, _PACKAGE)])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters["data_uri"] = _data_uri
    return made


def style() -> Markup:
    """The page's style sheet."""
    text = resources.files(_PACKAGE).joinpath("style.css").read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own file


def render(data: ReportData, near_km: float = 25.0) -> str:
    """The whole page.

    Args:
        data: Everything that it says.
        near_km: Distance in km within which a picture counts as near in the galleries.
    """
    templates = environment()
    tables = four_tables(data.retrieval, data.tagging)
    drawn = _figures(data)
    return templates.get_template("report.html.j2").render(
        data=data,
        style=style(),
        tables=tables,
        figures=drawn,
        map_captions=_MAP_CAPTIONS,
        breakdowns=[
            _breakdown(
                templates,
                data.by_frequency,
                "By hashtag frequency",
                "frequency",
                "hashtags asked for, by how many photos carry them",
            ),
            _breakdown(templates, data.by_continent, "By continent", "continent", "continent of the query’s place"),
            _breakdown(
                templates,
                data.by_what_counts,
                "By what counts",
                "counts",
                "all queries; the query’s own photo left out of the ranking; hashtags that name no place",
            ),
        ],
        survivorship=survival(templates, data.survivorship),
        curves=[
            (
                curve.model,
                _svg(figures.training_curve(curve), f"curve-{index}", f"Training curve of {curve.model}"),
                data.about.steps.get(curve.model),
            )
            for index, curve in enumerate(data.curves)
        ],
        queries=QUESTIONS,
        near_km=f"{near_km:g}",
        total_photos=sum(data.photos_by_split.values()),
        headline=_headline(tables),
    )


_MAP_CAPTIONS = (
    "Photos per cell on a plain graticule, stronger for more (logarithmic).",
    "The collection close by, with its most photographed cities (GeoNames).",
)


def _figures(data: ReportData) -> dict[str, Any]:
    ours, theirs = figures.sigma_series(data.retrieval), figures.paper_sigma_series()
    maps = [_svg(map_figures.world_map(data.world), "map", _map_alt(data.world.cells))]
    if data.close is not None:
        close = map_figures.local_map(data.close, data.cities)
        maps.append(_svg(close, "close", "Map of the collection close by, with its most photographed cities"))
    return {
        "sigma_precision": _svg(figures.sigma_precision(ours), "sigma", _sigma_alt("on this collection", ours)),
        "sigma_change": _svg(
            figures.sigma_change(ours),
            "change",
            _sigma_alt("on this collection, change against sigma 1", figures.against_sigma_1(ours)),
        ),
        "paper_precision": _svg(figures.sigma_precision(theirs), "psigma", _sigma_alt("in the paper", theirs)),
        "paper_change": _svg(
            figures.sigma_change(theirs),
            "pchange",
            _sigma_alt("in the paper, change against sigma 1", figures.against_sigma_1(theirs)),
        ),
        "tag_frequency": _svg(figures.tag_frequency(data.frequencies), "frequency", "Photos per hashtag over its rank"),
        "maps": maps,
        "architecture": Markup(architecture(data.layers)) if data.layers else "",  # noqa: S704 - escaped there
    }


def _svg(figure: Any, name: str, alt: str) -> Markup:
    return Markup(to_svg(figure, name, alt))  # noqa: S704 - matplotlib and `page_svg` escape what they are given


def _sigma_alt(where: str, series: figures.Series) -> str:
    ticks = list(paper.SIGMA_AXIS.values())
    lines = [
        f"{name}: "
        + ", ".join(f"{tick} {value:.1f}" for tick, value in zip(ticks, values, strict=True) if value is not None)
        for name, values in series.items()
        if any(value is not None for value in values)
    ]
    return f"Precision at 10 {where}, by model. " + ("; ".join(lines) or "no model was run") + "."


def _map_alt(cells: pl.DataFrame) -> str:
    if cells.height == 0:
        return "Map without photos"
    both = cells.select("latitude", "longitude").to_numpy()
    (south, west), (north, east) = both.min(axis=0), both.max(axis=0)
    return f"Photos from {south:.1f} to {north:.1f} degrees latitude, {west:.1f} to {east:.1f} degrees longitude"


def _breakdown(templates: Environment, rows: pl.DataFrame, title: str, key: str, xlabel: str) -> dict[str, Any]:
    if rows.height == 0:
        return {"title": title, "panels": [], "table": ""}
    macro = templates.get_template("parts.html.j2").module.breakdown_table  # type: ignore[attr-defined]  # a macro
    groups = rows.select("group", "queries").unique("group", maintain_order=True).rows()
    names = [group for group, _ in groups]
    panels, parts = [], []
    for granularity in rows["granularity"].unique(maintain_order=True):
        figure = figures.breakdown(rows, names, granularity, _within(granularity), xlabel)
        panels.append(
            _svg(
                figure,
                f"{key}-{granularity}",
                f"{title}, {_within(granularity)}; the table below has the figures",
            )
        )
        chosen = rows.filter(pl.col("granularity") == granularity)
        found = {
            (model, group): value
            for model, group, value in chosen.select("model", "group", "precision_at_10").iter_rows()
        }
        models = [model for model in paper.MODEL_LABELS if model in set(chosen["model"])]
        lines = [(label(model), [found.get((model, name)) for name in names]) for model in models]
        parts.append(macro(f"{title}, {_within(granularity)}", _within(granularity), groups, lines))
    return {"title": title, "panels": panels, "table": Markup("").join(parts)}


def _within(granularity: str) -> str:
    km = paper.GRANULARITIES[granularity]
    return "anywhere" if km is None else f"within {km:g} km ({granularity})"


def _headline(tables: tuple[ComparisonTable, ...]) -> str:
    """One sentence with the comparison that the paper is about; empty where it was not run."""
    sensitive = next(table for table in tables if table.key == "sensitive-retrieval")
    found = {
        (row.model, cell.column): cell.ours for row in sensitive.rows for cell in row.cells if cell.ours is not None
    }
    raw, mcc = found.get(("locsens_raw", "city")), found.get(("mcc", "city"))
    raw_any, mcc_any = found.get(("locsens_raw", "agnostic")), found.get(("mcc", "agnostic"))
    if raw is None or mcc is None or raw_any is None or mcc_any is None:
        return ""
    return (
        f"Asked for a hashtag near a place, LocSens with raw locations has {raw:.1f} % right pictures from "
        f"within 25 km among its first ten; MCC, which sees no location, {mcc:.1f} %. Wherever they were "
        f"taken, {raw_any:.1f} % of LocSens’ pictures carry the hashtag, and {mcc_any:.1f} % of MCC’s."
    ).replace(" %", "\u00a0%")


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
