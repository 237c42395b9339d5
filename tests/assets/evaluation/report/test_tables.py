import polars as pl

from assets.base.keys import NEARBY_KM
from assets.evaluation.report import paper
from assets.evaluation.report.data import ReportData
from assets.evaluation.report.notes import notes_of
from assets.evaluation.report.table import ComparisonTable
from assets.evaluation.report.tables import four_tables


def cells(table: ComparisonTable, model: str) -> dict[str, tuple[float | None, float | None]]:
    row = next(row for row in table.rows if row.model == model)
    return {cell.column: (cell.ours, cell.paper) for cell in row.cells}


def best(table: ComparisonTable, column: str) -> list[str]:
    return [row.model for row in table.rows for cell in row.cells if cell.column == column and cell.is_best]


def test_the_two_averages_stay_apart(report_data: ReportData) -> None:
    agnostic, _, sensitive, _ = four_tables(report_data.retrieval, report_data.tagging)
    assert cells(agnostic, "mcc") == {"agnostic": (21.5, 14.07)}
    assert cells(sensitive, "mcc")["agnostic"] == (42.18 / 2 + 1, 42.18)
    assert ([count.number for count in agnostic.counted], agnostic.counts) == ([310], "hashtags")
    assert ([count.number for count in sensitive.counted], sensitive.counts) == ([520], "queries")


def test_best_is_bold_and_the_oracle_does_not_compete(report_data: ReportData) -> None:
    agnostic, _, sensitive, tagging = four_tables(report_data.retrieval, report_data.tagging)
    assert best(agnostic, "agnostic") == ["mcc"]
    assert best(sensitive, "region") == ["locsens_raw"]
    assert best(sensitive, "street") == [
        "locsens_raw",
        "locsens_sampling_0",
    ]  # the paper's tie, kept by halving
    assert best(tagging, "accuracy_at_1") == best(tagging, "correctly_predicted_tags_pct") == ["locsens_raw"]
    assert best(tagging, "predicted_tags_pct") == []  # above 100, more is not better
    upper = next(row for row in sensitive.rows if row.model == "upper_bound")
    assert upper.is_oracle
    assert not any(cell.is_best or cell.is_paper_best for cell in upper.cells)


def test_what_was_not_run_says_why_in_every_table(report_data: ReportData) -> None:
    # The one row of a model that was not run is of average `query`; the other table says why too.
    retrieval = report_data.retrieval.filter(
        (pl.col("model") != "her") | ((pl.col("average") == "query") & (pl.col("granularity") == "agnostic"))
    )
    agnostic, tagging, sensitive, _ = four_tables(retrieval, report_data.tagging)
    for table in (agnostic, tagging, sensitive):
        row = next(row for row in table.rows if row.model == "her")
        assert row.note.startswith("no word vectors")
        assert all(cell.ours is None for cell in row.cells)
        assert all(cell.paper is not None for cell in row.cells)


def test_no_results_at_all_still_make_four_tables(report_data: ReportData) -> None:
    tables = four_tables(report_data.retrieval.clear(), report_data.tagging.clear())
    assert [len(table.rows) for table in tables] == [3, 4, 12, 4]
    assert {row.note for table in tables for row in table.rows} == {"no results"}


def test_models_and_distances_beyond_the_paper_are_shown(report_data: ReportData) -> None:
    row = {**report_data.retrieval.row(0, named=True), "model": "nearby", "granularity": "village"}
    more = pl.DataFrame([{**row, "distance_km": 5.0}], schema=report_data.retrieval.schema)
    sensitive = four_tables(pl.concat([report_data.retrieval, more]), report_data.tagging)[2]
    assert sensitive.columns[-1].heading == "Village"
    assert sensitive.columns[-1].below == "5 km"
    assert sensitive.rows[-1].label == "nearby"


def test_slices_do_not_leak_into_the_tables(report_data: ReportData) -> None:
    assert cells(four_tables(report_data.retrieval, report_data.tagging)[2], "upper_bound")["agnostic"] == (
        51.0,
        100.0,
    )


def test_papers_numbers_are_those_of_its_tables() -> None:
    raw = dict(zip(paper.GRANULARITIES, paper.SENSITIVE_RETRIEVAL["locsens_raw"], strict=True))
    assert raw == {
        "agnostic": 32.74,
        "continent": 28.42,
        "country": 25.52,
        "region": 21.83,
        "city": 15.53,
        "street": 4.83,
    }
    assert set(paper.SENSITIVE_RETRIEVAL) | set(paper.TAGGING) | {"mcc_cosine", *NEARBY_KM} == set(paper.MODEL_LABELS)


def test_notes_have_the_tables_and_the_sigma_figure(report_data: ReportData) -> None:
    notes = notes_of(report_data)
    assert "| MCC | **21.50** (14.07) |" in notes["Location-agnostic retrieval"].text  # type: ignore[union-attr]
    assert notes["sigma figure"].data.startswith(b"\x89PNG")  # type: ignore[union-attr]
