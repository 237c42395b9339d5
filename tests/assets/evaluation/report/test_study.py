"""With a study: means with their spread, trainings of their own, verdicts; each number as its query gives it."""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import replace

import duckdb
import polars as pl
import pytest
from page_numbers import mistakes

from assets.base.provenance import Input, Record
from assets.evaluation.report import figures, paper
from assets.evaluation.report.breakdown import by_continent
from assets.evaluation.report.claims import judged, p_text, summary
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.further import staged_remarks, stricter_tables, study_tables
from assets.evaluation.report.html import render
from assets.evaluation.report.measured import Measured, retrieval_figures
from assets.evaluation.report.notes import notes_of
from assets.evaluation.report.study import Made, StudyData, outdated_seeds, read_study
from assets.evaluation.report.tables import four_tables
from assets.evaluation.report.theme import to_svg

SEEDS = (0, 1, 2)
OWN = (*(model for model in paper.ALONE.values() if model.endswith("_alone")), "locsens_raw_narrow", "a_new_one")


def seeded(results: pl.DataFrame, column: str, models: tuple[str, ...]) -> pl.DataFrame:
    """Results of three seeds, 1.5 points apart; those of `locsens_raw` under other names, too."""
    more = [results.filter(pl.col("model") == "locsens_raw").with_columns(model=pl.lit(name)) for name in models]
    everything = pl.concat([results.filter(pl.col("model") != "upper_bound"), *more])
    # The study asks for fewer than the collection does.
    everything = everything.with_columns(pl.col("queries" if "queries" in results.columns else "photos") // 4)
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
            "likely_why": ["a small <world>", None],
        }
    )
    part = (
        claims.filter(pl.col("claim") == 2)
        .drop("statement", "reason", "likely_why")
        .with_columns(part=pl.lit("raw over MCC's, city"))
    )
    return StudyData(
        pl.concat([retrieval, apart.with_columns(slice=pl.lit("users_apart"))]),
        seeded(report_data.tagging, "accuracy_at_1", ()),
        claims.sort("claim"),
        part,
        Made((96, 48), 1_200),
    )


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
    assert "layers of 96, 48 units, each training\n1\u202f200 steps" in page
    assert "too few &lt;steps&gt;" in page
    assert page.count("Likely why: a small &lt;world&gt;") == 1
    assert 'aria-label="Precision at 10 with a training for each sigma' in page
    without = render(report_data)
    assert "One seed, no error bars" in without
    assert "Not judged: one seed says little." in without
    unjudged = replace(data, study=replace(data.study, claims=data.study.claims.clear()))  # type: ignore[type-var]
    assert "no verdicts yet" in render(unjudged)
    assert "study-models" not in without
    assert "read by evaluation\nand by the study; no model, step or setting is chosen by it" in without


def test_tables_count_what_their_figures_are_averages_over(data: ReportData, study: StudyData) -> None:
    agnostic, tagged, sensitive, _ = four_tables(data.retrieval, data.tagging, study)
    assert [(count.number, count.is_of_study) for count in sensitive.counted] == [(130, True), (520, False)]
    assert [(count.number, count.is_of_study) for count in agnostic.counted] == [(77, True), (310, False)]
    assert [(count.number, count.is_of_study) for count in tagged.counted] == [(175, True)]
    text = re.sub(r"<[^>]+>", "", render(data))
    assert "Here: 130 queries; for rows of one training: 520 queries." in text


def test_groups_name_the_queries_of_the_study_and_rows_that_are_not_its(data: ReportData, study: StudyData) -> None:
    groups = data.by_continent.filter(pl.col("column") == "region")
    ours = groups.select(
        "model",
        "slice",
        granularity="column",
        precision_at_10="mean",
        queries="count",
        average=pl.lit("query"),
        seed=pl.lit(0),
    )
    seeds = pl.concat(
        [
            ours.filter(pl.col("model") != "mcc").with_columns(pl.col("queries") // 2, seed=pl.lit(seed))
            for seed in SEEDS
        ]
    )
    both = by_continent(ours, seeds, groups["model"].unique().to_list(), ["region"])
    page = render(replace(data, by_continent=both))
    part = page[page.index('id="figures-continent-region"') :]
    part = part[: part.index("</details>")]
    assert '<th scope="row">MCC<small>one training</small></th>' in part
    assert part.count("one training</small>") == 1
    assert "for rows of one training, the collection’s: another number" in part
    assert '<th scope="col">Africa<small>50</small></th>' in part
    with duckdb.connect() as catalog:
        catalog.register("retrieval_results", ours.to_arrow())
        catalog.register("study_retrieval_results", seeds.to_arrow())
        assert mistakes(part, catalog) == []


def test_a_study_of_one_seed_is_spoken_of_as_one(data: ReportData, study: StudyData) -> None:
    first = pl.col("seed") == 0
    single = replace(study, retrieval=study.retrieval.filter(first), tagging=study.tagging.filter(first))
    text = re.sub(r"\s+", " ", render(replace(data, study=single)))
    assert "Figures are of the study’s only seed, without error bars" in text
    assert "Judged by the study: one seed, paired over queries." in text
    assert "1 seed" not in text
    assert "Bars: standard deviation" not in text


def test_a_claim_without_an_effect_was_not_tested(data: ReportData, study: StudyData) -> None:
    nothing = {name: pl.lit(None, dtype=pl.Float64) for name in ("effect", "effect_low", "effect_high", "p_value")}
    untested = pl.col("claim") == 2
    claims = pl.concat([study.claims.filter(~untested), study.claims.filter(untested).with_columns(**nothing)])
    found = replace(study, claims=claims, parts=study.parts.with_columns(**nothing))
    second = judged(found)[1]
    assert (second.verdict, second.style, second.reason) == ("not tested", "open", "too few <steps>")
    assert [part.verdict for part in second.parts] == ["not tested"]
    page = render(replace(data, study=found))
    assert "Of 2 claims, 1 hold, 0 do not, 0 are undecided, 1 could not be tested." in page
    section = page[page.index('id="claims-table"') : page.index('aria-labelledby="sigma"')]
    assert section.count("<td>not tested</td>") == 2
    assert "too few &lt;steps&gt;" in section
    only_p = replace(study, claims=study.claims.with_columns(p_value=nothing["p_value"]))
    assert [(one.verdict, one.figures["p_value"]) for one in judged(only_p)] == [("holds", None), ("does not", None)]


def test_names_of_the_studys_trainings_say_nothing_that_the_profile_decides() -> None:
    assert paper.STUDY_LABELS["locsens_raw_narrow"] == "LocSens, raw, narrow location"
    assert set(paper.STUDY_LABELS) >= {model for model in paper.ALONE.values() if model.endswith("_alone")}
    assert "locsens_sampling_0_alone" not in paper.STUDY_LABELS


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
    none = replace(study, retrieval=study.retrieval.clear(), tagging=study.tagging.clear())
    assert read_study(OfTwoSeeds(none)) is None  # type: ignore[arg-type]  # as much of a run as is needed


class OfTwoSeeds:
    """What `read_study` needs of a run: the study's tables, two seeds of them, and what each was made from."""

    def __init__(self, study: StudyData, now: Collection[Input] = (), second: Collection[Input] = ()) -> None:
        self.inputs = tuple(now)
        self.code_of = {"0": "1", "2": "1"}
        self._made_from = {"0": tuple(now), "2": tuple(second)}
        self._tables = {"claims": study.claims, "claim_parts": study.parts}
        config = json.dumps({"network": {"hidden": [96, 48]}})
        runs = pl.DataFrame({"training": ["mcc", "retrieval_raw"], "steps": [9, 1_200], "config": ["{}", config]})
        self._results = {
            "study_retrieval_results": study.retrieval,
            "study_tagging_results": study.tagging,
            "study_runs": runs.join(pl.DataFrame({"seed": [0, 2]}), how="cross"),
        }

    def frame(self, asset: str) -> pl.DataFrame:
        return self._tables[asset]

    def records(self, asset: str) -> list[Record]:
        return [
            Record(asset, seed, (), inputs, self.code_of[seed], "", 0, "", seed, "done", "", "version")
            for seed, inputs in self._made_from.items()
        ]

    def frames(self, asset: str) -> Iterator[tuple[str, pl.DataFrame]]:
        for seed in (0, 2):  # seed=<n>/ is the folder, the files have no such column
            yield str(seed), self._results[asset].filter(pl.col("seed") == seed).drop("seed")


def test_seeds_come_from_the_folders(study: StudyData) -> None:
    found = read_study(OfTwoSeeds(study))  # type: ignore[arg-type]  # as much of a run as is needed
    assert found is not None
    assert found.retrieval["seed"].unique().sort().to_list() == [0, 2]
    assert found.seeds == 2
    assert found.claims["claim"].to_list() == [1, 2]
    assert found.made == Made((96, 48), 1_200)


@pytest.mark.parametrize("asset", ["photos", "images", "vocabulary"])
def test_a_study_of_other_photos_is_not_shown(study: StudyData, data: ReportData, asset: str) -> None:
    made_from = [Input("photos", "a-00000", "1"), Input("images", "a-00000", "1"), Input("vocabulary", None, "1")]
    grown = [replace(one, data_version="2") if one.asset == asset else one for one in made_from]
    # What the report reads and the study does not, or the other way round, makes no study old.
    apart = [Input("retrieval_results", None, "1")], [Input("word_vectors", None, "1")]
    same = OfTwoSeeds(study, made_from + apart[0], made_from + apart[1])
    other = OfTwoSeeds(study, grown + apart[0], made_from + apart[1])
    assert outdated_seeds(same) == ()  # type: ignore[arg-type]  # as above
    assert read_study(same) is not None  # type: ignore[arg-type]  # as above
    assert outdated_seeds(other) == ("2",)  # type: ignore[arg-type]  # as above
    assert read_study(other) is None  # type: ignore[arg-type]  # as above
    same.code_of["0"] = "0"
    assert outdated_seeds(same) == ("0",), "made otherwise than the newest one"  # type: ignore[arg-type]  # as above
    more = OfTwoSeeds(study, [*made_from, Input("photos", "b-00000", "1")], made_from)
    assert outdated_seeds(more) == ("2",)  # type: ignore[arg-type]  # as above


def test_the_page_shows_the_runs_figures_beside_an_outdated_study(report_data: ReportData) -> None:
    page = re.sub(r"\s+", " ", render(replace(report_data, outdated_seeds=("0", "2"))))
    assert page.count("There is a study (seeds 0, 2), but it is of older photos, images or hashtags than") == 2
    assert page.count("<code>locsens materialize --refresh study_runs:0 --refresh study_runs:2</code> redoes it.") == 2
    assert "study_retrieval_results" not in page
