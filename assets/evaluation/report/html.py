"""Turns `ReportData` into one self-contained page: `render`. Same data, same bytes.

What the page says is in `templates/` and `style.css`; figures come from `figures` and `diagram`. Text of the
collection (hashtags, places, names) is hostile and escaped by jinja2; our SVG and CSS go in as is.
"""

import base64
from collections.abc import Iterator
from importlib import resources
from typing import Any

import polars as pl
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assets.base.rounding import grouped, two_digits
from assets.evaluation.report import figures, map_figures, paper
from assets.evaluation.report.breakdown import Kind
from assets.evaluation.report.breakdown_part import broken_down
from assets.evaluation.report.claims import judged, summary
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.diagram import architecture
from assets.evaluation.report.further import staged_remarks, stricter_tables, study_tables
from assets.evaluation.report.sql import OF_FREQUENCIES, QUESTIONS, of_cells
from assets.evaluation.report.survival import survival
from assets.evaluation.report.tables import four_tables
from assets.evaluation.report.theme import to_svg
from assets.evaluation.report.top import at_the_street, compared, facts_queries

_PACKAGE = "assets.evaluation.report"


def environment(*packages: str) -> Environment:
    """Jinja2 with escaping on and undefined names refused.

    Args:
        *packages: Packages whose `templates/` are looked at before the report's.
    """
    loader = ChoiceLoader([PackageLoader(package) for package in (*packages, _PACKAGE)])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters["data_uri"] = _data_uri
    made.filters["two_digits"] = two_digits
    made.filters["grouped"] = grouped
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
    tables = four_tables(data.retrieval, data.tagging, data.study)
    stricter = stricter_tables(data.retrieval, data.tagging, data.study)
    others = study_tables(data.retrieval, data.study)
    drawn = _figures(data)
    claims = judged(data.study)
    return templates.get_template("report.html.j2").render(
        data=data,
        style=style(),
        tables=tables,
        stricter=stricter,
        others=others,
        remarks=staged_remarks(data.about.stages, (*tables, *stricter, *others)),
        figures=drawn,
        maps_behind=[of_cells(one.degrees, one.within) for one in (data.world, data.close) if one is not None],
        frequencies_behind=OF_FREQUENCIES,
        map_captions=_MAP_CAPTIONS,
        claims=claims,
        claims_in_short=summary(claims),
        breakdowns=[
            broken_down(templates, rows, title, key, xlabel, with_study=data.study is not None, kind=kind)
            for kind, rows, title, key, xlabel in _breakdowns(data)
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
        questions=QUESTIONS,
        facts=facts_queries(data.photos_by_split),
        near_km=f"{near_km:g}",
        total_photos=sum(data.photos_by_split.values()),
        headline=compared(tables),
        street=at_the_street(tables),
    )


def _breakdowns(data: ReportData) -> Iterator[tuple[Kind, pl.DataFrame, str, str, str]]:
    """Kind, rows, title, key and label of each way to group queries and photos."""
    asked = "hashtags asked for, by how many photos carry them"
    yield "retrieval", data.by_frequency, "Retrieval by hashtag frequency", "frequency", asked
    yield "retrieval", data.by_continent, "Retrieval by continent", "continent", "continent of the query’s place"
    counted = "hashtags counted, by how many photos carry them"
    yield "tagging", data.tagging_by_frequency, "Tagging by hashtag frequency", "tagging-frequency", counted
    yield "tagging", data.tagging_by_continent, "Tagging by continent", "tagging-continent", "continent of the photo"


_MAP_CAPTIONS = (
    "Photos per cell on a plain graticule, stronger for more (logarithmic).",
    "The collection close by, with its most photographed cities (GeoNames).",
)


def _figures(data: ReportData) -> dict[str, Any]:
    seeds = data.study.retrieval if data.study else None
    maps = [_svg(map_figures.world_map(data.world), "map", _map_alt(data.world.cells))]
    if data.close is not None:
        close = map_figures.local_map(data.close, data.cities)
        maps.append(_svg(close, "close", "Map of the collection close by, with its most photographed cities"))
    alone = figures.sigma_series(data.retrieval, seeds, alone=True)
    trained_alone = data.study is not None and any(
        model.endswith("_alone") for model in data.study.retrieval["model"].unique()
    )
    return {
        "sigma": _sigma_panels(figures.sigma_series(data.retrieval, seeds), "sigma", "on this collection"),
        "sigma_alone": _sigma_panels(alone, "alone", "with a training for each sigma") if trained_alone else (),
        "sigma_paper": _sigma_panels(figures.paper_sigma_series(), "psigma", "in the paper"),
        "tag_frequency": _svg(figures.tag_frequency(data.frequencies), "frequency", "Photos per hashtag over its rank"),
        "maps": maps,
        "architecture": Markup(architecture(data.layers)) if data.layers else "",  # noqa: S704 - escaped there
    }


def _sigma_panels(series: figures.Series, name: str, where: str) -> tuple[Markup, Markup]:
    change = figures.against_sigma_1(series)
    return (
        _svg(figures.sigma_precision(series), name, _sigma_alt(where, series)),
        _svg(figures.sigma_change(series), f"{name}-change", _sigma_alt(f"{where}, change against sigma 1", change)),
    )


def _svg(figure: Any, name: str, alt: str) -> Markup:
    return Markup(to_svg(figure, name, alt))  # noqa: S704 - matplotlib and `page_svg` escape what they are given


def _sigma_alt(where: str, series: figures.Series) -> str:
    ticks = list(paper.SIGMA_AXIS.values())
    lines = []
    for name, values in series.items():
        run = [
            f"{tick} {value.mean:.1f}"
            for tick, value in zip(ticks, values, strict=True)
            if value is not None and value.mean is not None
        ]
        if run:
            lines.append(f"{name}: {', '.join(run)}")
    return f"Precision at 10 {where}, by model. " + ("; ".join(lines) or "no model was run") + "."


def _map_alt(cells: pl.DataFrame) -> str:
    if cells.height == 0:
        return "Map without photos"
    both = cells.select("latitude", "longitude").to_numpy()
    (south, west), (north, east) = both.min(axis=0), both.max(axis=0)
    return f"Photos from {south:.1f} to {north:.1f} degrees latitude, {west:.1f} to {east:.1f} degrees longitude"


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
