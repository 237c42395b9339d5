import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from assets.evaluation.report import figures, map_figures, paper
from assets.evaluation.report.data import Density, Layers, ReportData
from assets.evaluation.report.diagram import architecture
from assets.evaluation.report.measured import Measured
from assets.evaluation.report.theme import PALETTE, page_svg, to_png, to_svg


def means(values: Sequence[Measured | None]) -> list[float | None]:
    return [None if value is None else value.mean for value in values]


def test_sigma_series_in_the_papers_order(report_data: ReportData) -> None:
    ours = figures.sigma_series(report_data.retrieval)
    assert list(ours) == list(paper.GRANULARITIES)
    assert means(ours["agnostic"]) == pytest.approx([21.025, 21.3, 21.015, 20.9, 19.525, 18.975, 17.37])
    change = figures.against_sigma_1(figures.paper_sigma_series())
    assert means(change["street"]) == pytest.approx([-0.39, 0.0, 0.09, 0.17, 0.31, 0.70, 0.70])


def test_change_is_unknown_where_sigma_1_was_not_run() -> None:
    one = Measured({0: 1.0}, "")
    series = {"city": [one, None, one, one, one, one, one]}
    assert figures.against_sigma_1(series) == {"city": [None] * 7}


def test_same_figure_same_bytes(report_data: ReportData) -> None:
    series = figures.sigma_series(report_data.retrieval)
    svgs = {to_svg(figures.sigma_precision(series), "sigma", "alt") for _ in range(2)}
    pngs = {to_png(figures.sigma_both(series)) for _ in range(2)}
    assert (len(svgs), len(pngs)) == (1, 1)


def test_svg_follows_the_pages_colours_and_names_itself() -> None:
    svg = to_svg(figures.sigma_precision(figures.paper_sigma_series()), "one", 'P@10 <of> "all"')
    assert 'aria-label="P@10 &lt;of&gt; &quot;all&quot;"' in svg
    assert not [colour for colour in PALETTE.values() if colour in svg]
    assert "var(--s1)" in svg
    ids = re.findall(r'id="([^"]+)"', svg)
    assert ids
    assert all(one.startswith("one-") for one in ids)
    assert set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", svg)) <= set(ids)
    assert "<metadata" not in svg
    assert "width=" not in svg.split(">", 1)[0]


def test_an_svg_without_a_view_box_is_refused() -> None:
    with pytest.raises(ValueError, match="figure x: expected an SVG with a viewBox"):
        page_svg("<svg><g/></svg>", "x", "alt")


def test_hostile_names_are_only_text() -> None:
    cells = Density(pl.DataFrame({"latitude": [1.0], "longitude": [2.0], "photos": [3]}), 0.1)
    cities = pl.DataFrame({"city": ["$x^$ <script>"], "latitude": [1.0], "longitude": [2.0]})
    svg = to_svg(map_figures.local_map(cells, cities), "map", "alt")
    assert "$x^$ &lt;script&gt;" in svg


@pytest.mark.parametrize("photos", [0, 1, 50_000])
def test_tag_frequency_stays_small(photos: int) -> None:
    ranks = np.arange(photos)
    kinds = {"rank": pl.Int64, "photos": pl.Int64, "skipped": pl.Boolean}
    table = pl.DataFrame({"rank": ranks, "photos": photos - ranks, "skipped": ranks < 10}, schema=kinds)
    assert len(to_svg(figures.tag_frequency(table), "f", "alt")) < 60_000


def test_empty_world_map_is_a_graticule() -> None:
    empty = pl.DataFrame(schema={"latitude": pl.Float64, "longitude": pl.Float64, "photos": pl.UInt32})
    assert "120°W" in to_svg(map_figures.world_map(Density(empty, 2.0)), "map", "alt")


def test_diagram_is_drawn_from_the_config(report_data: ReportData) -> None:
    layers = report_data.layers
    assert layers is not None
    svg = architecture(layers)
    assert svg.count("linear, group norm (32), ReLU") == 5
    assert "concatenated: 900" in svg
    assert "margin 0.1, 6 negatives" in svg
    narrow = Layers(
        **{
            **layers.__dict__,
            "modality_width": {"image": 300, "tag": 300, "location": 30},
            "normalised": False,
            "hidden": (64,),
        }
    )
    svg = architecture(narrow)
    assert "2 → 30" in svg
    assert "concatenated: 630" in svg
    assert "not normalised" in svg
    assert svg.count("linear, group norm (32), ReLU") == 1
