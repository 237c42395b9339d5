"""With a study: means with their spread, trainings of their own, verdicts; each number as its query gives it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import duckdb
import polars as pl
import pytest
from page_numbers import mistakes

from assets.base.step import Reads
from assets.evaluation.report import figures, paper
from assets.evaluation.report.claims import judged, p_text, summary
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.further import staged_remarks, stricter_tables, study_tables
from assets.evaluation.report.html import render
from assets.evaluation.report.measured import Measured, retrieval_figures
from assets.evaluation.report.notes import notes_of
from assets.evaluation.report.study import STUDY_TABLES, StudyData, read_study, study_of
from assets.evaluation.report.tables import four_tables
from assets.evaluation.report.theme import to_svg

SEEDS = (0, 1, 2)
OWN = (*(model for model in paper.ALONE.values() if model.endswith("_alone")), "locsens_raw_narrow", "a_new_one")


def seeded(results: pl.DataFrame, column: str, models: tuple[str, ...]) -> pl.DataFrame:
    """Results of three seeds, 1.5 points apart; those of `locsens_raw` under other names, too."""
    more = [results.filter(pl.col("model") == "locsens_raw").with_columns(model=pl.lit(name)) for name in models]
    everything = pl.concat([results.filter(pl.col("model") != "upper_bound"), *more])
    return pl.concat([everything.with_columns(pl.col(column) + 1.5 * seed, seed=pl.lit(seed)) for seed in SEEDS])


@pytest.fixture(scope="module")
def study(report_data: ReportData) -> StudyData:
    retrieval = seeded(report_data.retrieval, "precision_at_10", OWN)
    apart = retrieval.filter(pl.col("model").is_in(["mcc", "locsens_raw"]), pl.col("slice") == "all")
    claims = pl.DataFrame(
        {
            "claim": [2, 1],
            "statement": ["Raw wins region & city", "MCC beats HER beats MLC"],
            "effect": [-1.005, 12.3456],
            "effect_low": [-2.0, 11.0],
            "effect_high": [0.1, 13.0],
            "p_value": [0.0625, 0.0001],
            "seeds": [3, 3],
            "verdict": ["does not", "holds"],
            "reason": ["too few <steps>", ""],
        }
    )
    part = (
        claims.filter(pl.col("claim") == 2)
        .drop("statement", "reason")
        .with_columns(part=pl.lit("raw over MCC's, city"))
    )
    found = study_of(
        pl.concat([retrieval, apart.with_columns(slice=pl.lit("users_apart"))]),
        seeded(report_data.tagging, "accuracy_at_1", ()),
        claims,
        part,
    )
    assert found is not None
    return found


@pytest.fixture(scope="module")
def data(report_data: ReportData, study: StudyData) -> ReportData:
    stages = {"locsens_sampling_1": (160, 800), "locsens_sampling_0": (800, 800)}
    return replace(report_data, study=study, about=replace(report_data.about, stages=stages))


def test_every_number_is_the_answer_of_its_query(data: ReportData, study: StudyData) -> None:
    page = render(replace(data, accounts=(), photos_by_split={}, about=replace(data.about, taken=None)))
    # What is not of the study is held against a finished collection's catalog, in tests/pipelines.
    page = re.sub(r'<dl class="facts".*?</dl>', "", page, flags=re.DOTALL)
    page = page[: page.index('<section aria-labelledby="breakdown">')]
    page = re.sub(r'<div class="query" id="sql-(photos|hashtags|taken)".*?</div>', "", page, flags=re.DOTALL)
    with duckdb.connect() as catalog:
        for name, rows in {
            "retrieval_results": data.retrieval,
            "tagging_results": data.tagging,
            "study_retrieval_results": study.retrieval,
            "study_tagging_results": study.tagging,
            "claims": study.claims,
            "claim_parts": study.parts,
        }.items():
            catalog.register(name, rows.to_arrow())
        assert mistakes(page, catalog) == []
    assert page.count(" <small>± ") > 100
    assert "−" not in re.sub(r"<[^>]+>", "", page[page.index("claims-table") : page.index("claim-parts-")])


def test_cells_are_means_over_seeds_and_the_oracle_is_the_runs(data: ReportData, study: StudyData) -> None:
    sensitive = four_tables(data.retrieval, data.tagging, study)[2]
    rows = {row.model: row for row in sensitive.rows}
    city = next(cell for cell in rows["locsens_raw"].cells if cell.column == "city")
    assert city.ours == pytest.approx(15.53 / 2 + 1 + 1.5)
    assert city.spread == pytest.approx(1.5)
    assert (rows["locsens_raw"].seeds, rows["locsens_raw"].is_of_study) == (3, True)
    assert (rows["upper_bound"].seeds, rows["upper_bound"].is_of_study) == (1, False)
    assert rows["her"].query is None
    assert not set(OWN) & set(rows)
    assert "± 1.50" in notes_of(data)["Location-sensitive retrieval"].text  # type: ignore[union-attr]  # a table


def test_trainings_of_the_study_alone_have_their_own_table(data: ReportData, study: StudyData) -> None:
    (table,) = study_tables(data.retrieval, study)
    assert set(OWN) < {row.model for row in table.rows}
    assert table.rows[-1].label == "a_new_one"
    assert not table.has_paper
    assert study_tables(data.retrieval, None) == ()


def test_a_slice_that_is_no_group_has_a_table(data: ReportData, study: StudyData) -> None:
    masked = data.tagging.with_columns(slice=pl.lit("no_places"))
    banded = data.tagging.with_columns(slice=pl.lit("frequency:1"))
    tagging = pl.concat([data.tagging, masked, banded])
    tables = {table.key: table for table in stricter_tables(data.retrieval, tagging, study)}
    assert list(tables) == ["retrieval-users_apart", "tagging-no_places"]
    assert [row.model for row in tables["retrieval-users_apart"].rows] == ["mcc", "locsens_raw"]
    assert "all photos of a photographer" in tables["retrieval-users_apart"].caption


def test_snapshots_say_after_which_steps(data: ReportData, report_data: ReportData, study: StudyData) -> None:
    stages = data.about.stages
    alone = staged_remarks(stages, four_tables(report_data.retrieval, report_data.tagging))
    assert alone["sensitive-retrieval"] == {
        "locsens_sampling_1": "after 160 of 800 steps of one training",
        "locsens_sampling_0": "after 800 of 800 steps of one training",
    }
    both = staged_remarks(stages, four_tables(data.retrieval, data.tagging, study))
    assert both["sensitive-retrieval"]["locsens_sampling_1"] == "after 20\u00a0% of the steps"
    assert both["sensitive-retrieval"]["upper_bound"] == "one training"


def test_claims_in_order_with_their_parts(study: StudyData) -> None:
    first, second = judged(study)
    assert (first.text, first.mark, first.figures["p_value"]) == ("1. MCC beats HER beats MLC", "✓", "< 0.001")
    assert second.figures == {
        "effect": "-1.00",  # as DuckDB rounds what lies a hair above -1.005
        "effect_low": "-2.00",
        "effect_high": "+0.10",
        "p_value": "0.063",
        "seeds": "3",
    }
    assert [part.text for part in second.parts] == ["raw over MCC's, city"]
    assert summary((first, second)) == "Of 2 claims, 1 hold, 1 do not, 0 are undecided."
    assert p_text(0.5) == "0.500"


def test_the_page_says_what_was_judged_or_that_nothing_was(data: ReportData, report_data: ReportData) -> None:
    page = render(data)
    assert "over the 3 seeds of the study" in page
    assert "too few &lt;steps&gt;" in page
    assert 'aria-label="Precision at 10 with a training for each sigma' in page
    without = render(report_data)
    assert "One seed, no error bars" in without
    assert "Not judged: one seed says little." in without
    unjudged = replace(data, study=replace(data.study, claims=data.study.claims.clear()))  # type: ignore[type-var]
    assert "no verdicts yet" in render(unjudged)


def test_differences_are_taken_seed_by_seed(study: StudyData, report_data: ReportData) -> None:
    change = figures.against_sigma_1(figures.sigma_series(report_data.retrieval, study.retrieval))["street"]
    raw = change[-1]
    assert raw is not None
    assert raw.spread == pytest.approx(0, abs=1e-9)  # every model is as much better with the next seed
    assert raw.mean == pytest.approx((4.83 - 4.13) / 2)
    one, other = Measured({0: 1.0, 1: 3.0}, ""), Measured({1: 1.0, 2: 5.0}, "")
    assert one.minus(other).by_seed == {1: 2.0}


def test_error_bars_are_drawn_where_there_is_a_spread(study: StudyData, report_data: ReportData) -> None:
    def bars(series: figures.Series) -> int:
        return to_svg(figures.sigma_precision(series), "x", "alt").count('id="x-LineCollection_')

    assert bars(figures.sigma_series(report_data.retrieval)) == 0
    assert bars(figures.sigma_series(report_data.retrieval, study.retrieval)) == 2 * len(
        paper.GRANULARITIES
    )  # with the legend's


def test_a_study_of_one_seed_has_no_spread_and_none_is_none(study: StudyData, report_data: ReportData) -> None:
    one = study.retrieval.filter(pl.col("seed") == 1)
    found = retrieval_figures(report_data.retrieval, one)[("mcc", "city")]
    assert (found.spread, found.view) == (None, "study_retrieval_results")
    empty = study.retrieval.clear()
    assert study_of(empty, study.tagging.clear(), study.claims, study.parts) is None


class OfTwoSeeds:
    """What `read_study` needs of a run: the study's tables, two seeds of them."""

    def __init__(self, study: StudyData, declared: tuple[str, ...]) -> None:
        self.step = SimpleNamespace(reads=[Reads(asset, optional=True) for asset in declared])
        self._tables = {"claims": study.claims, "claim_parts": study.parts}
        self._results = {"study_retrieval_results": study.retrieval, "study_tagging_results": study.tagging}

    def frame(self, asset: str) -> pl.DataFrame:
        return self._tables[asset]

    def frames(self, asset: str) -> Iterator[tuple[str, pl.DataFrame]]:
        for seed in (0, 2):  # seed=<n>/ is the folder, the files have no such column
            yield str(seed), self._results[asset].filter(pl.col("seed") == seed).drop("seed")


def test_seeds_come_from_the_folders_and_an_undeclared_study_is_none(study: StudyData) -> None:
    found = read_study(OfTwoSeeds(study, STUDY_TABLES))  # type: ignore[arg-type]  # as much of a run as is needed
    assert found is not None
    assert found.retrieval["seed"].unique().sort().to_list() == [0, 2]
    assert found.seeds == 2
    assert found.claims["claim"].to_list() == [1, 2]
    assert read_study(OfTwoSeeds(study, STUDY_TABLES[:2])) is None  # type: ignore[arg-type]  # as above
