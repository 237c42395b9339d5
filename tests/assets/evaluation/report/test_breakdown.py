import polars as pl

from assets.evaluation.report.breakdown import by_continent, by_frequency


def results(*rows: tuple[str, str, str, str, float, int]) -> pl.DataFrame:
    names = ("model", "average", "granularity", "slice", "precision_at_10", "queries")
    return pl.DataFrame(rows, schema=list(names), orient="row").with_columns(seed=0)


RESULTS = results(
    ("mcc", "query", "region", "continent:OC", 5.0, 7),
    ("mcc", "query", "region", "continent:AF", 4.0, 6),
    ("mcc", "query", "agnostic", "continent:OC", 9.0, 7),
    ("mcc", "tag", "agnostic", "continent:OC", 99.0, 7),
    ("mcc", "query", "agnostic", "all", 98.0, 20),
    ("mcc", "query", "city", "continent:OC", 97.0, 7),
    ("mlc", "query", "region", "continent:OC", 96.0, 7),
    ("mcc", "query", "agnostic", "frequency:1", 30.0, 12),
    ("mcc", "query", "agnostic", "frequency:3", 10.0, 2),
    ("mcc", "query", "agnostic", "no_places", 60.0, 11),
    ("mcc", "query", "agnostic", "no_self", 90.0, 20),
)


def test_by_continent_in_order_and_named() -> None:
    rows = by_continent(RESULTS, None, ["mcc"], ["agnostic", "region"])
    assert rows.drop("spread", "view").rows() == [
        ("mcc", "agnostic", "continent:OC", "Oceania", 9.0, 7),
        ("mcc", "region", "continent:AF", "Africa", 4.0, 6),
        ("mcc", "region", "continent:OC", "Oceania", 5.0, 7),
    ]
    assert set(rows["view"]) == {"retrieval_results"}
    assert rows["spread"].null_count() == 3


def test_by_frequency_rarest_first() -> None:
    rows = by_frequency(RESULTS, None, ["mcc"], ["agnostic"])
    assert rows.select("group", "mean", "count").rows() == [
        ("rarest third", 10.0, 2),
        ("most frequent third", 30.0, 12),
    ]


def test_nothing_to_break_down() -> None:
    assert by_continent(RESULTS.clear(), None, ["mcc"], ["agnostic"]).height == 0


def test_queries_are_those_of_the_view_that_the_figures_are_of() -> None:
    study = results(
        ("mcc", "query", "agnostic", "continent:OC", 8.0, 3),
        ("locsens_raw_narrow", "query", "agnostic", "continent:AS", 2.0, 1),
    )
    collection = pl.concat(
        [
            RESULTS,
            results(
                ("mcc", "query", "agnostic", "continent:AF", 5.0, 6),
                ("mlc", "query", "agnostic", "continent:OC", 1.0, 7),
            ),
        ]
    )
    rows = by_continent(collection, study, ["mcc", "mlc", "locsens_raw_narrow"], ["agnostic"])
    assert rows.drop("spread", "column", "slice").rows() == [
        ("locsens_raw_narrow", "Asia", 2.0, 1, "study_retrieval_results"),
        # No MCC in Africa: the study asked for nothing there, and the collection's MCC is another model.
        ("mcc", "Oceania", 8.0, 3, "study_retrieval_results"),
        ("mlc", "Oceania", 1.0, 7, "retrieval_results"),
    ]


def test_tagging_is_broken_down_in_the_same_way() -> None:
    tagging = pl.DataFrame(
        [
            ("mcc", "continent:EU", 10.0, 40.0, 9),
            ("mcc", "frequency:3", 5.0, 20.0, 4),
            ("mcc", "frequency:1", 15.0, 60.0, 8),
            ("her", "frequency:1", 1.0, 2.0, 8),
        ],
        schema=["model", "slice", "accuracy_at_1", "accuracy_at_10", "photos"],
        orient="row",
    ).with_columns(predicted_tags_pct=1.0, correctly_predicted_tags_pct=1.0, seed=0)
    rows = by_frequency(tagging, None, ["mcc"], ["accuracy_at_10"], kind="tagging")
    assert rows.select("column", "group", "mean", "count", "view").rows() == [
        ("accuracy_at_10", "rarest third", 20.0, 4, "tagging_results"),
        ("accuracy_at_10", "most frequent third", 60.0, 8, "tagging_results"),
    ]
    assert by_continent(tagging, None, ["mcc"], ["accuracy_at_1"], kind="tagging")["mean"].to_list() == [10.0]
